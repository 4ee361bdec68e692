// A minimal document for the lab to draw into without a browser: its elements can be written as HTML. The other browser functions
// that the lab calls (storage, frames, addresses) exist and return nothing.

const VOID = new Set(["area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]);
const HTML = "http://www.w3.org/1999/xhtml";

const text = (value) => value.replace(/[&<>]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char]);
const quoted = (value) => value.replace(/[&"]/g, (char) => ({ "&": "&amp;", '"': "&quot;" })[char]);

class Target {
  addEventListener() {}
  removeEventListener() {}
  dispatchEvent() {
    return true;
  }
}

class Node extends Target {
  parentNode = null;
  childNodes = [];

  get parentElement() {
    return this.parentNode;
  }
  get firstChild() {
    return this.childNodes[0] ?? null;
  }
  get lastChild() {
    return this.childNodes.at(-1) ?? null;
  }
  get nextSibling() {
    const all = this.parentNode?.childNodes ?? [];
    return all[all.indexOf(this) + 1] ?? null;
  }
  get isConnected() {
    return true;
  }
  getRootNode() {
    return document;
  }
  insertBefore(node, before) {
    node.parentNode?.removeChild(node);
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    if (at < 0) throw new Error("The node to insert before is not here.");
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  appendChild(node) {
    return this.insertBefore(node, null);
  }
  removeChild(node) {
    this.childNodes.splice(this.childNodes.indexOf(node), 1);
    node.parentNode = null;
    return node;
  }
  remove() {
    this.parentNode?.removeChild(this);
  }
}

class Text extends Node {
  constructor(data) {
    super();
    this.data = String(data);
  }
  get nodeValue() {
    return this.data;
  }
  set nodeValue(value) {
    this.data = String(value);
  }
  get textContent() {
    return this.data;
  }
  set textContent(value) {
    this.data = String(value);
  }
  get html() {
    return text(this.data);
  }
}

/** Ready markup (charts), written unchanged. */
class Raw extends Node {
  constructor(html) {
    super();
    this.html = html;
  }
  cloneNode() {
    return new Raw(this.html);
  }
}

class Element extends Node {
  attributes = new Map();

  constructor(namespaceURI, name) {
    super();
    this.namespaceURI = namespaceURI;
    this.localName = name;
  }
  get tagName() {
    return this.namespaceURI === HTML ? this.localName.toUpperCase() : this.localName;
  }
  get children() {
    return this.childNodes.filter((node) => node instanceof Element || node instanceof Raw);
  }
  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }
  hasAttribute(name) {
    return this.attributes.has(name);
  }
  setAttribute(name, value) {
    this.attributes.set(name, String(value));
  }
  removeAttribute(name) {
    this.attributes.delete(name);
  }
  /** Copies the element alone: the lab creates one element for each name and copies it. */
  cloneNode() {
    const copy = new this.constructor(this.namespaceURI, this.localName);
    copy.attributes = new Map(this.attributes);
    return copy;
  }
  set className(value) {
    this.setAttribute("class", value);
  }
  set innerHTML(html) {
    this.childNodes = [];
    if (html !== "") this.appendChild(new Raw(html));
  }
  set textContent(value) {
    this.childNodes = [];
    this.appendChild(new Text(value));
  }
  querySelector() {
    return null;
  }
  querySelectorAll() {
    return [];
  }
  closest() {
    return null;
  }
  contains() {
    return false;
  }
  focus() {}
  get clientWidth() {
    return sizeOf(this)[0];
  }
  get clientHeight() {
    return sizeOf(this)[1];
  }
  getBoundingClientRect() {
    const [width, height] = sizeOf(this);
    return { left: 0, top: 0, right: width, bottom: height, x: 0, y: 0, width, height };
  }
  /** Returns its start tag. */
  get head() {
    const attributes = [...this.attributes].map(([name, value]) => (value === "" ? ` ${name}` : ` ${name}="${quoted(value)}"`));
    return `<${this.localName}${attributes.join("")}>`;
  }
  get tail() {
    return VOID.has(this.localName) ? "" : `</${this.localName}>`;
  }
  get html() {
    return this.head + this.childNodes.map(({ html }) => html).join("") + this.tail;
  }
}

class HTMLElement extends Element {}
class HTMLInputElement extends HTMLElement {
  set checked(on) {
    if (on) this.setAttribute("checked", "");
    else this.removeAttribute("checked");
  }
  get checked() {
    return this.hasAttribute("checked");
  }
  set value(value) {
    this.setAttribute("value", value);
  }
  get value() {
    return this.getAttribute("value") ?? "";
  }
}
class HTMLSelectElement extends HTMLElement {}
class HTMLTextAreaElement extends HTMLElement {}
class HTMLDialogElement extends HTMLElement {}
const CLASSES = { input: HTMLInputElement, select: HTMLSelectElement, textarea: HTMLTextAreaElement, dialog: HTMLDialogElement };

class Document extends Node {
  documentElement = new HTMLElement(HTML, "html");
  body = new HTMLElement(HTML, "body");
  activeElement = null;
  visibilityState = "visible";
  createElement(name) {
    return new (CLASSES[name] ?? HTMLElement)(HTML, name);
  }
  createElementNS(namespace, name) {
    return namespace === HTML ? this.createElement(name) : new Element(namespace, name);
  }
  createTextNode(data) {
    return new Text(data);
  }
  getElementById(id) {
    return id === "app" ? app : null;
  }
  querySelector() {
    return null;
  }
  querySelectorAll() {
    return [];
  }
}

let document;
let app;
let watched;
let screen;

/** Returns the size that an element has in a browser, for elements whose size the lab reads. */
function sizeOf(element) {
  const of = (element.getAttribute("class") ?? "").split(" ").find((name) => Object.hasOwn(screen.sizes, name));
  return of ? screen.sizes[of] : [0, 0];
}

/**
 * Creates a document with an empty `#app` and makes it the global one. `sizes` has, by class, the width and height of the elements
 * whose size the lab reads, in CSS px; `dark` is the system's theme.
 */
export function makeDocument(size) {
  screen = size;
  document = new Document();
  app = new HTMLElement(HTML, "div");
  watched = [];
  class ResizeObserver {
    constructor(tell) {
      this.tell = tell;
    }
    observe() {
      watched.push(this);
    }
    disconnect() {
      watched = watched.filter((other) => other !== this);
    }
  }
  class Window extends Target {
    document = document;
    location = { href: "http://lab.invalid/", hash: "", search: "", pathname: "/", origin: "http://lab.invalid" };
    history = { replaceState() {} };
    localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
    innerWidth = screen.viewport[0];
    innerHeight = screen.viewport[1];
    matchMedia(query) {
      return Object.assign(new Target(), { matches: screen.dark && query === "(prefers-color-scheme: dark)" });
    }
    requestAnimationFrame() {
      return 0; // Time stands still.
    }
    cancelAnimationFrame() {}
    get performance() {
      return { now: () => 0 };
    }
    get parent() {
      return this;
    }
    get top() {
      return this;
    }
  }
  class Storage {}
  const window = new Window();
  const globals = { Document, Element, HTMLElement, HTMLInputElement, HTMLSelectElement, HTMLTextAreaElement, HTMLDialogElement,
    Node, ResizeObserver, Storage, Text, Window, document, window };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  // The lab checks the type of the global object.
  Object.setPrototypeOf(globalThis, window);
  return app;
}

/** Reports the sizes of drawn elements to the lab, as a browser does after layout, until the lab draws nothing more. */
export async function settle() {
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  await settled();
  for (let round = 0; round < 4; round += 1) {
    for (const observer of watched) observer.tell([], observer);
    await settled();
  }
}

export { Element };
