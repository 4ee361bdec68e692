// The browsers that the tests run in: Chromium, or with BROWSER=firefox the distribution's Firefox, by WebDriver BiDi.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, firefox } from "playwright-core";

/** The name of the browser: `chromium` or `firefox`. */
export const BROWSER = process.env.BROWSER ?? "chromium";
if (!["chromium", "firefox"].includes(BROWSER)) throw new Error(`BROWSER is ${BROWSER}; allowed are chromium and firefox.`);

const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function found(variable, paths) {
  const path = [process.env[variable], ...paths].find((file) => file && existsSync(file));
  if (!path) throw new Error(`No ${BROWSER}: run \`cargo xtask setup\`, or set ${variable} to one.`);
  return path;
}

/** Starts the browser; `args` are more flags for Chromium. */
export async function launch(args = []) {
  if (BROWSER === "chromium") {
    const executablePath = found("CHROME", ["/usr/bin/chromium", "/usr/bin/google-chrome"]);
    return chromium.launch({ executablePath, args: [...CHROMIUM_FLAGS, ...args] });
  }
  leaveMediaAlone();
  const executablePath = found("FIREFOX", ["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
  return firefox.launch({ channel: "moz-firefox", executablePath, firefoxUserPrefs: { "ui.prefersReducedMotion": 1 } });
}

/** Sets what a browser context cannot set: by a script that runs in the page before the page's own scripts. */
export function settled(context, { colorScheme } = {}) {
  if (BROWSER !== "firefox") return;
  return context.addInitScript(
    (theme) => location.protocol.startsWith("http") && localStorage.setItem(`ha-lab:${location.pathname.replace(/[^/]*$/, "")}:theme`, theme),
    colorScheme === "dark" ? "dark" : "light",
  );
}

/** Playwright sets the colour scheme by a command that this Firefox does not have yet; this replaces it. */
function leaveMediaAlone() {
  const { ws } = createRequire(import.meta.url)("playwright-core/lib/utilsBundle");
  const send = ws.prototype.send;
  ws.prototype.send = function (data, ...rest) {
    const message = JSON.parse(data);
    const unknown = message.method === "emulation.setMediaFeaturesOverride";
    const told = unknown ? JSON.stringify({ ...message, method: "session.status", params: {} }) : data;
    return send.call(this, told, ...rest);
  };
}
