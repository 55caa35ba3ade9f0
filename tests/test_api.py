import subprocess
import sys

import pytest

import stancekit

PUBLIC = """
Agreement Codebook CommentFeatures ConversationClassifier DataWarning Evaluation
HashedNgrams Interval LeakageWarning ModelFileError Position Prevalence ReadError
ReadReport StanceClassifier add_context agreement audit_leakage check_comments
compare_context cross_fit default_model estimate_prevalence evaluate human_ceiling
label_issues load_codebook load_corpus load_model power predict predict_comments
pseudonymise read_comments read_labels read_report resolve_labels save_model suggest
thread_folds time_split to_convokit train_model write_comments write_tasks
""".split()


def test_the_public_names():
    assert stancekit.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there_and_documented(name):
    public = getattr(stancekit, name)
    assert public.__doc__
    assert name in dir(stancekit)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        stancekit.train  # noqa: B018


def test_importing_the_library_imports_nothing_heavy():
    code = "import sys, stancekit; print('sklearn' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
