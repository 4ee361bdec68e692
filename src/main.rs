//! The browser's entry. Everything is in the library.

/// `static/boot.js` calls `openLab` once all that the first picture needs is there.
#[cfg(target_arch = "wasm32")]
fn main() {
    ha_lab::ui::prepare();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This binary is for the browser: use `cargo xtask serve`. Without a browser: `ha-lab run FILE`.");
    std::process::exit(2);
}
