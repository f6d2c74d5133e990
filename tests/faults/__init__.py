import pytest

pytest.register_assert_rewrite("tests.faults.load", "tests.faults.rounds", "tests.property.register_model")
