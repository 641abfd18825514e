"""What an experiment is, where experiments are kept, how tables come in and go out."""

from .errors import InputError, NotFound, OvenbirdError, StoreUnavailable, listed, raise_all
from .experiment import OWN_LAB, PENDING, Comparison, Dataset, Experiment, FailureReason, Measurement, Status
from .parameter_space import NOT_STATED, Conditions, ConditionValue, NotStated, ParameterSpace
from .parameters import CategoricalParameter, NumericParameter, Parameter
from .qualified_value import QualifiedValue, parse_number, parse_yes_no, shortest
from .responses import Response

__all__ = [
    "NOT_STATED",
    "OWN_LAB",
    "PENDING",
    "CategoricalParameter",
    "Comparison",
    "ConditionValue",
    "Conditions",
    "Dataset",
    "Experiment",
    "FailureReason",
    "InputError",
    "Measurement",
    "NotFound",
    "NotStated",
    "NumericParameter",
    "OvenbirdError",
    "Parameter",
    "ParameterSpace",
    "QualifiedValue",
    "Response",
    "Status",
    "StoreUnavailable",
    "listed",
    "parse_number",
    "parse_yes_no",
    "raise_all",
    "shortest",
]
