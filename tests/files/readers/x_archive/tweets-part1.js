window.YTD.tweets.part1 = [
  {
    "tweet" : {
      "display_text_range" : [ "0", "14" ],
      "favorite_count" : "1",
      "in_reply_to_status_id_str" : "1500000000000000001",
      "id_str" : "1500000000000000003",
      "created_at" : "Sun Mar 06 15:02:05 +0000 2022",
      "full_text" : "Und noch eins."
    }
  },
  {
    "tweet" : {
      "favorite_count" : "0",
      "id_str" : "1500000000000000004",
      "created_at" : "Sun Mar 06 16:02:05 +0000 2022",
      "full_text" : "RT @mara_b: Frieden jetzt."
    }
  }
]
