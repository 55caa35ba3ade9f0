import subprocess
import sys

import pytest

import stancekit

PUBLIC = """
Agreement Codebook CommentFeatures ConfusionDisplay ContextDisplay
ConversationClassifier DataWarning Evaluation Explanation LeakageWarning
LearningCurveDisplay ModelFileError
Position Prevalence ReadError ReadReport ReliabilityDisplay RiskCoverageDisplay
SharesDisplay StanceClassifier TargetClassifier
add_context agreement audit_leakage check_comments
cross_fit default_model estimate_prevalence evaluate evaluate_predictions explain
label_issues labels_needed learning_curve load_codebook load_corpus load_model predict
predict_comments pseudonymise read_comments read_labels resolve_labels save_model
suggest
thread_folds time_split to_convokit train_model typical_words verify_report
write_comments write_report write_tasks
""".split()


def test_the_public_names():
    assert stancekit.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there_and_documented(name):
    public = getattr(stancekit, name)
    assert public.__doc__
    assert name in dir(stancekit)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'train'") as told:
        stancekit.train  # noqa: B018
    # From these Python tells which name may have been meant.
    assert (told.value.name, told.value.obj) == ("train", stancekit)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("HashedNgrams", "CommentFeatures"),
        ("Interval", "stancekit.intervals"),
        ("human_ceiling", r"agreement\(labels\)"),
    ],
)
def test_a_name_that_went_says_what_to_do_now(name, instead):
    with pytest.raises(ImportError, match=f"stancekit.{name} is gone: .*{instead}"):
        getattr(stancekit, name)
    with pytest.raises(ImportError, match=instead):
        exec(f"from stancekit import {name}")
    assert name not in dir(stancekit)


def test_modules_are_there_without_an_import_of_their_own():
    code = "import stancekit; print(stancekit.datasets.load_codebook().labels[0])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == stancekit.load_codebook().labels[0]


def test_nothing_but_the_library_is_listed():
    listed = {name for name in dir(stancekit) if not name.startswith("__")}
    modules = {
        name for name in listed if isinstance(getattr(stancekit, name), type(sys))
    }
    assert listed - modules == set(PUBLIC)
    assert {"datasets", "readers"} <= modules
    assert not modules & {"importlib", "sys"}


def test_importing_the_library_imports_nothing_heavy():
    code = "import sys, stancekit; print('sklearn' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
