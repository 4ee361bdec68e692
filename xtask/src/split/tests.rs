//! Splits small modules, and runs the halves beside the whole.

use std::process::Command;

use wasmparser::{Parser, Payload};

use super::{Halves, body::Body, halves, pack, read};

const LOADER: &str = "haLabLater";

/// Every kind of branch out of a part, and values that live across it. `f` takes two numbers; what it gives and traps on
/// depends on both.
const WHOLE: &str = r#"
(module
  (import "./glue.js" "load_haLabLater" (func $load))
  (table (export "table") 3 3 funcref)
  (elem (i32.const 1) $odd $even)
  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 65536) "first!\00\00later!\00\00\00\00\01\00between")
  (func $even (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1))
      (else (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
  (func $odd (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func $loops (param $n i32) (param $k i32) (result i64)
    (local $sum i64) (local $i i32)
    (block $out
      (loop $again
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (if (i32.eq (i32.rem_u (local.get $i) (i32.const 5)) (local.get $k))
          (then
            (local.set $sum (i64.add (local.get $sum) (i64.const 100)))
            (br_if $again (i32.and (local.get $i) (i32.const 1)))
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
            (br $again)))
        (if (i32.eq (local.get $i) (i32.const 13)) (then (return (i64.mul (local.get $sum) (i64.const -1)))))
        (local.set $sum (i64.add (local.get $sum) (i64.const 1)))
        (br $again)))
    (local.get $sum))
  (func $choice (param $a i32) (param $b i32) (result i32)
    (local $x i32) (local $y f64)
    (local.set $x (i32.const 7))
    (block $three
      (block $two (result i32)
        (block $one
          (if (i32.gt_s (local.get $a) (local.get $b))
            (then
              (local.set $x (i32.add (local.get $x) (local.get $a)))
              (local.set $y (f64.convert_i32_s (local.get $b)))
              (br_if $one (i32.eq (local.get $b) (i32.const 3)))
              (br_table $one $three 3 $one (i32.sub (local.get $a) (i32.const 4)))))
          (local.set $x (i32.mul (local.get $x) (i32.const 3)))
          (if (i32.eq (local.get $a) (local.get $b)) (then (br $two (i32.add (local.get $x) (i32.const 1000))))))
        (local.set $x (i32.add (local.get $x) (i32.const 11)))
        (local.get $x))
      (local.set $x)
      (if (i32.eq (local.get $a) (i32.const 9)) (then (local.set $b (i32.div_u (local.get $a) (i32.const 0))) unreachable)))
    (i32.add (local.get $x) (i32.trunc_sat_f64_s (local.get $y))))
  (func $byte (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 6))
      (then (i32.load8_u (i32.add (i32.const 65536) (local.get 0))))
      (else
        (i32.add
          (i32.load8_u (i32.add (i32.load (i32.const 65552)) (i32.and (local.get 0) (i32.const 3))))
          (i32.load8_u offset=65562 (i32.const 0))))))
  (func (export "f") (param i32 i32) (result i64)
    (if (i32.ne (i32.load8_u (i32.const 65556)) (i32.const 98)) (then unreachable))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i64.add
      (call $loops (local.get 0) (local.get 1))
      (i64.extend_i32_s
        (i32.add
          (i32.mul (call $choice (local.get 0) (local.get 1)) (i32.const 100000))
          (i32.add
            (i32.mul (call $byte (local.get 0)) (i32.const 10))
            (i32.add (call $odd (local.get 1)) (i32.and (global.get $count) (i32.const 1))))))))
)"#;

/// The constants of [`WHOLE`]: texts, and one that names the second by its address.
const MAP: &str = "\
    Addr      Off     Size Out     In      Symbol
   10000      100        8         lab.o:(.rodata..text.0)
   10000      100        8                 text.0
   10008      108        8         lab.o:(.rodata..text.1)
   10010      110        4         lab.o:(.rodata..table.2)
   10014      114        6         lab.o:(.rodata..text.3)
   1001a      11a        1         lab.o:(.rodata..text.4)
";

fn whole() -> Vec<u8> {
    // The table of the data names address 65536 + 8.
    let text = WHOLE.replace("later!\\00\\00\\00\\00\\01\\00", "later!\\00\\00\\08\\00\\01\\00");
    wat::parse_str(text).expect("the module is written well")
}

/// Runs `f` of the whole and of the two halves on many numbers, in a fresh instance for each: says where they differ.
const SAME: &str = r#"
const { readFileSync } = require("node:fs");
const [whole, ...halves] = process.argv.slice(1).map((name) => new WebAssembly.Module(readFileSync(name)));
const told = (f, a, b) => { try { return String(f(a, b)); } catch (error) { return error.message; } };
function opened(first, later) {
  let asked = 0;
  const load = () => { asked += 1; new WebAssembly.Instance(later, { first: half.exports }); };
  const half = new WebAssembly.Instance(first, { "./glue.js": { load_haLabLater: load } });
  return { f: half.exports.f, asked: () => asked };
}
let asked = 0;
for (let a = 0; a < 17; a += 1) {
  for (let b = 0; b < 6; b += 1) {
    const f = new WebAssembly.Instance(whole, { "./glue.js": { load_haLabLater() {} } }).exports.f;
    const expected = [told(f, a, b), told(f, b, a)];
    for (let n = 0; n < halves.length; n += 2) {
      const lab = opened(halves[n], halves[n + 1]);
      const found = [told(lab.f, a, b), told(lab.f, b, a)];
      if (found.join() !== expected.join()) throw new Error(`split ${n / 2}: f(${a}, ${b}) gives ${found}, not ${expected}`);
      if (lab.asked() > 1) throw new Error(`split ${n / 2}: the second half was asked for ${lab.asked()} times`);
      asked += lab.asked();
    }
  }
}
console.log(asked);
"#;

fn folder(name: &str) -> std::path::PathBuf {
    let dir = std::env::temp_dir().join(format!("ha-lab-split-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a temporary folder");
    dir
}

fn node(dir: &std::path::Path, args: &[&str]) -> String {
    let out = Command::new("node").current_dir(dir).args(args).output().expect("Node is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// Guards that a choice of what is first, however odd, changes nothing of what the lab does.
#[test]
fn whatever_is_said_to_have_run_the_halves_do_what_the_whole_does() {
    let (wasm, dir) = (whole(), folder("same"));
    let blocks: usize =
        read::read(&wasm, LOADER).expect("it is read").bodies.iter().map(|body| body.leaders.len()).sum();
    std::fs::write(dir.join("whole"), &wasm).expect("it is written");
    let mut names = vec!["whole".to_owned()];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for n in 0..120 {
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed >> 33
        };
        // From nothing to nearly all.
        let ran: Vec<bool> = (0..blocks).map(|_| random() % 12 < n / 10).collect();
        let made = halves(&wasm, &ran, MAP, LOADER).unwrap_or_else(|error| panic!("split {n} of {ran:?}: {error}"));
        for (end, half) in [("first", made.first), ("later", made.later)] {
            let name = format!("{n}-{end}");
            std::fs::write(dir.join(&name), half).expect("it is written");
            names.push(name);
        }
    }
    let args: Vec<&str> = ["-e", SAME].into_iter().chain(names.iter().map(String::as_str)).collect();
    let asked: u32 = node(&dir, &args).parse().expect("a number");
    assert!(asked > 1_000, "the second half was needed {asked} times");
    let _ = std::fs::remove_dir_all(dir);
}

fn sizes(wasm: &[u8]) -> (usize, Vec<(i64, usize)>) {
    let (mut functions, mut data) = (0, vec![]);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a module") {
            Payload::CodeSectionEntry(_) => functions += 1,
            Payload::DataSection(section) => {
                for piece in section {
                    let piece = piece.expect("a piece");
                    let wasmparser::DataKind::Active { offset_expr, .. } = piece.kind else { panic!("passive data") };
                    let Ok(wasmparser::Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else {
                        panic!("an odd place")
                    };
                    data.push((i64::from(value), piece.data.len()));
                }
            }
            Payload::CustomSection(section) => panic!("{} is delivered", section.name()),
            _ => {}
        }
    }
    (functions, data)
}

/// Guards that code and constants move that only the later half names, and that what a constant names goes with it.
#[test]
fn constants_go_where_the_code_goes_that_names_them() {
    let wasm = whole();
    let read = read::read(&wasm, LOADER).expect("it is read");
    let blocks = |body: &Body<'_>, ran: bool| vec![ran; body.leaders.len()];
    // All ran but the arm of `$byte` that reads the second text by the table.
    let mut ran: Vec<bool> = read.bodies.iter().flat_map(|body| blocks(body, true)).collect();
    let Halves { first, later, .. } = halves(&wasm, &ran, MAP, LOADER).expect("it can be split");
    assert_eq!((sizes(&first).1, sizes(&later)), (vec![(65536, 27)], (0, vec![])));
    let before: usize = read.bodies[..4].iter().map(|body| body.leaders.len()).sum();
    ran[before + 2] = false;
    let Halves { first, later, .. } = halves(&wasm, &ran, MAP, LOADER).expect("it can be split");
    assert_eq!((sizes(&first).1, sizes(&later)), (vec![(65536, 8), (65556, 6)], (1, vec![(65544, 12), (65562, 1)])));
}

/// Guards that the packed form is the module again, and that it is what servers take for wasm.
#[test]
fn a_packed_module_comes_out_as_it_was() {
    let (wasm, dir) = (whole(), folder("packed"));
    let packed = pack::pack(&wasm).expect("it can be packed");
    assert!(Parser::new(0).parse_all(&packed).all(|payload| payload.is_ok()));
    for (name, data) in [("packed", &packed[..]), ("module", &wasm)] {
        std::fs::write(dir.join(format!("{name}.wasm")), data).expect("it is written");
    }
    std::fs::write(dir.join("unpack.mjs"), include_str!("../../../static/unpack.js")).expect("it is written");
    node(&dir, &["--input-type=module", "-e", pack::SAME]);
    let _ = std::fs::remove_dir_all(dir);
}

#[test]
fn what_the_splitter_does_not_know_is_refused() {
    let check = |wasm: &[u8], map: &str, loader: &str, expect: &str| match halves(wasm, &[], map, loader) {
        Err(error) => assert!(error.contains(expect), "{error}"),
        Ok(_) => panic!("{expect}: it was split"),
    };
    check(&whole(), MAP, "nobody", "nothing is imported that is called nobody");
    check(b"not a module", MAP, LOADER, "magic header");
    check(&whole(), MAP, LOADER, "the notes are of another module");
}
