//! Browser tests: `cargo xtask test --only web`.

#![cfg(target_arch = "wasm32")]

#[path = "common/lab.rs"]
mod lab;
#[path = "common/toy.rs"]
#[allow(dead_code)] // the tests of the kernel use the rest
mod toy;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The page replaces the content of `#app` and reports when it runs.
#[wasm_bindgen_test]
fn the_lab_mounts_in_its_element() {
    let document = web_sys::window().and_then(|window| window.document()).expect("a page");
    let root = document.create_element("div").expect("a div");
    root.set_id("app");
    document.body().expect("a body").append_child(&root).expect("appended");
    ha_lab::ui::run();
    assert!(document.get_element_by_id("app").is_some());
}

/// The same seed gives the same trace natively and in wasm32 (`tests/digest.rs`).
#[wasm_bindgen_test]
fn the_digests_are_those_of_the_native_build() {
    assert_eq!(toy::toy_digest(), toy::TOY_DIGEST);
    assert_eq!(lab::lab_digest(), lab::LAB_DIGEST);
}
