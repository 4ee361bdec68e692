//! Errors of values that can also be typed into the builder. Errors that only a file can have are always in English.

crate::lab::i18n::texts! {
    FILE_FOUND = "{value} {why}";
    FILE_IS_NULL = "is not set";
    FILE_IS_BOOLEAN = "is a boolean";
    FILE_IS_NUMBER = "is a number";
    FILE_IS_STRING = "is a string";
    FILE_IS_LIST = "is a list";
    FILE_IS_OBJECT = "is an object";
    FILE_OUT_OF_RANGE = "is out of range";
    FILE_NOT_WHOLE = "is not a whole number in range";
    FILE_NOT_DURATION = "is not a duration";
    FILE_TWICE = "is there twice";
    FILE_NOT_A_NAME = "is not a name for a deployment";
    FILE_IN_ALL = "makes {n} replicas in all";
    FILE_REFUSED = "is refused, {why}";
    FILE_RANGE = "{from} to {to}";
    FILE_WHOLE = "a whole number from 0 to {to}";
    FILE_DURATION = "a duration from {from} to {to}, such as \"15s\", \"1m30s\" or \"250ms\"";
    FILE_NAME = "at most 40 of a-z, 0-9 and -, beginning and ending with a letter or digit, each name once";
    FILE_MOST_IN_ALL = "{n} in all";
    FILE_MORE_THAN_RENEW = "more than renewDeadline, which is {renew}";
    FILE_MORE_THAN_RETRY = "more than 1.2 times retryPeriod, which makes {least}, and more than zero";
    FILE_MORE_THAN_ZERO = "more than zero";
}
