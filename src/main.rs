//! The browser's entry. Everything is in the library.

#[cfg(target_arch = "wasm32")]
fn main() {
    ha_lab::ui::run();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("This binary is for the browser: use `cargo xtask serve`. Without a browser: `ha-lab run FILE`.");
    std::process::exit(2);
}
