//! Measured values as text, in sentences of a lesson. Output of programs (a flag's value, a command's output) is not translated.

use crate::lab::i18n::Text;
use crate::lab::lesson::model::measure::Value;

crate::lab::i18n::texts! {
    MEASURED_ON = "on";
    MEASURED_OFF = "off";
    MEASURED_PAUSED = "paused";
    MEASURED_STARTING = "starting";
    MEASURED_RUNNING = "running";
    MEASURED_DEAD = "dead";
    MEASURED_STOPPED = "stopped";
    MEASURED_READY = "ready";
    MEASURED_NOT_READY = "not ready";
    MEASURED_UNKNOWN = "unknown";
    MEASURED_UP = "up";
    MEASURED_DOWN = "down";
    MEASURED_YES = "yes";
    MEASURED_NO = "no";
    MEASURED_NOBODY = "nobody";
    MEASURED_LECTURE = "lecture";
}

/// Every word that can be a value, except names: `client-go` is one.
const WORDS: [(&str, Text); 16] = [
    ("on", MEASURED_ON),
    ("off", MEASURED_OFF),
    ("paused", MEASURED_PAUSED),
    ("starting", MEASURED_STARTING),
    ("running", MEASURED_RUNNING),
    ("dead", MEASURED_DEAD),
    ("stopped", MEASURED_STOPPED),
    ("ready", MEASURED_READY),
    ("not-ready", MEASURED_NOT_READY),
    ("unknown", MEASURED_UNKNOWN),
    ("up", MEASURED_UP),
    ("down", MEASURED_DOWN),
    ("yes", MEASURED_YES),
    ("no", MEASURED_NO),
    ("nobody", MEASURED_NOBODY),
    ("lecture", MEASURED_LECTURE),
];

impl Value {
    /// Returns the value as text in the current language.
    pub(crate) fn said(&self) -> String {
        let known = match self {
            Value::Word(word) => WORDS.iter().find(|(known, _)| known == word),
            _ => None,
        };
        known.map_or_else(|| self.to_string(), |(_, text)| text.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::i18n::{parse, speak};
    use crate::lab::lesson::model::measure;

    /// Guards that no word of a measure is English in another language.
    #[test]
    fn every_word_of_a_measure_is_said_in_the_language_in_force() {
        for word in measure::words().filter(|word| *word != "client-go") {
            assert!(WORDS.iter().any(|(known, _)| *known == word), "{word} has no text");
        }
        let said = |word: &str| Value::Word(word.to_owned()).said();
        speak(Some(parse(r#"{"MEASURED_NO": "否", "MEASURED_NOT_READY": "未就绪"}"#).expect("an object")));
        assert_eq!(
            (said("no"), said("not-ready"), said("master-1")),
            ("否".into(), "未就绪".into(), "master-1".into())
        );
        speak(None);
        assert_eq!((said("no"), said("not-ready")), ("no".into(), "not ready".into()));
    }
}
