// Draws the first picture of a site, as HTML, by the site's own module: `node xtask/picture/draw.mjs SITE FILE`.
//
// The lab runs for each size and theme in the document of dom.mjs. Parts that are the same in all drawings are written once. Parts that
// differ are written once for each, with `data-at` (sizes) and `data-in` (themes); the style sheet shows one of them (static/boot.css).

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Element, makeDocument, settle } from "./dom.mjs";
import { SIZES } from "./sizes.mjs";

const THEMES = ["light", "dark"];

const [site, file] = process.argv.slice(2);
const only = (end) => {
  const found = readdirSync(site).filter((name) => name.endsWith(end));
  if (found.length !== 1) throw new Error(`${site} should have exactly one file that ends with ${end}; it has ${found.length}.`);
  return join(resolve(site), found[0]);
};
const wasm = only("_bg.wasm");
const glue = pathToFileURL(wasm.replace(/_bg\.wasm$/, ".js")).href;
const module = await WebAssembly.compile(readFileSync(wasm));

const drawn = [];
for (const { at, viewport, sizes } of SIZES) {
  for (const theme of THEMES) {
    const app = makeDocument({ viewport, sizes, dark: theme === "dark" });
    // Each run has its own glue, because the glue holds the module's state.
    const { default: init, openLab } = await import(`${glue}?${at}-${theme}`);
    await init({ module_or_path: module });
    openLab();
    await settle();
    drawn.push({ at, theme, tree: app });
  }
}
const html = merged(drawn.map(({ at, theme, tree }) => ({ at, theme, node: tree.firstChild })));
if (!html.includes("data-target")) throw new Error("The lab drew no cluster.");
writeFileSync(file, html);
// The lab is waiting for frames that never come.
process.exit(0);

/** Merges the same part of all drawings into one piece of HTML. */
function merged(parts) {
  const [first] = parts;
  if (parts.every(({ node }) => node.html === first.node.html)) return first.node.html;
  const alike = ({ node }) =>
    node instanceof Element && node.head === first.node.head && node.childNodes.length === first.node.childNodes.length;
  if (first.node instanceof Element && parts.every(alike)) {
    const children = first.node.childNodes.map((_, n) => merged(parts.map((part) => ({ ...part, node: part.node.childNodes[n] }))));
    return first.node.head + children.join("") + first.node.tail;
  }
  return groups(parts).map(({ html, at, themes }) => marked(html, at, themes)).join("");
}

/** Groups equal drawings by their sizes and themes. */
function groups(parts) {
  const found = new Map();
  for (const { at, theme, node } of parts) {
    if (!(node instanceof Element) && !node.html.startsWith("<")) throw new Error(`A text differs by size or theme, and has no tag to mark: ${node.html}`);
    const group = found.get(node.html) ?? { html: node.html, at: new Set(), themes: new Set(), count: 0 };
    group.at.add(at);
    group.themes.add(theme);
    group.count += 1;
    found.set(node.html, group);
  }
  for (const { at, themes, count } of found.values()) {
    if (count !== at.size * themes.size) throw new Error("A part of the picture differs in some sizes by theme, and in others not.");
  }
  return [...found.values()];
}

/** Marks a part with its sizes and themes. An id may occur only once in a page, so these parts have no id. */
function marked(html, at, themes) {
  const marks = [at.size < SIZES.length ? ` data-at="${[...at].join(" ")}"` : "", themes.size < THEMES.length ? ` data-in="${[...themes].join(" ")}"` : ""];
  return html.replace(/ id="[^"]*"/g, "").replace(/^<[^\s>]+/, (tag) => tag + marks.join(""));
}
