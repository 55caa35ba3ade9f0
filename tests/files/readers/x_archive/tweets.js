window.YTD.tweets.part0 = [
  {
    "tweet" : {
      "edit_info" : { "initial" : { "editTweetIds" : [ "1500000000000000001" ] } },
      "display_text_range" : [ "0", "48" ],
      "entities" : { "user_mentions" : [ ], "urls" : [ { "url" : "https://t.co/abcdefghij", "expanded_url" : "https://zeitung.example/a?b=1&c=2", "display_url" : "zeitung.example/a?b=…", "indices" : [ "25", "48" ] } ] },
      "favorite_count" : "12",
      "id_str" : "1500000000000000001",
      "id" : "1500000000000000001",
      "created_at" : "Sun Mar 06 13:02:05 +0000 2022",
      "full_text" : "Reden &amp; liefern [beides] https://t.co/abcdefghij",
      "lang" : "de"
    }
  },
  {
    "tweet" : {
      "display_text_range" : [ "11", "40" ],
      "entities" : { "user_mentions" : [ { "name" : "Mara", "screen_name" : "mara_b", "indices" : [ "0", "7" ] } ], "urls" : [ ] },
      "favorite_count" : "0",
      "in_reply_to_status_id_str" : "1500000000000000099",
      "in_reply_to_status_id" : "1500000000000000100",
      "in_reply_to_screen_name" : "mara_b",
      "id_str" : "1500000000000000002",
      "id" : "1500000000000000000",
      "created_at" : "Sun Mar 06 14:02:05 +0000 2022",
      "full_text" : "@mara_b @o @mara_b, so nicht &amp;lt;3",
      "lang" : "de"
    }
  }
]
