//! Reads any fragment of an address: it is refused with an error text, or it is a moment that can be written and read again.
#![no_main]

use ha_lab::lab::link;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Half of the inputs bypass the checksum, which would reject nearly all of them.
    for text in [text.to_owned(), link::forge(text)] {
        if let Ok(Some(found)) = link::decode(&text) {
            let again = link::encode(&found).expect("what is within the bounds can be written");
            assert_eq!(link::decode(&again), Ok(Some(found)));
        }
        let _ = link::from_file(&text);
    }
});
