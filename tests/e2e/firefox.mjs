// Drives a stock Firefox by Marionette, the protocol that it speaks itself: a length, a colon, JSON, over TCP.
// Only what the tests need; Playwright drives Chromium alone, for it wants a Firefox of its own making.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 60_000;

/** The browser, where there is one. */
export function firefoxPath() {
  const known = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"];
  return known.find((file) => file && existsSync(file));
}

/** Starts it with a fresh profile; `close` ends it. */
export async function startFirefox() {
  const profile = await mkdtemp(join(tmpdir(), "ha-lab-firefox-"));
  const settings = {
    "marionette.port": 0, // It takes a free one and writes it into the profile.
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "app.update.enabled": false,
    "toolkit.telemetry.reportingpolicy.firstRun": false,
  };
  const lines = Object.entries(settings).map(([key, value]) => `user_pref("${key}", ${JSON.stringify(value)});`);
  await writeFile(join(profile, "user.js"), lines.join("\n"));
  const child = spawn(firefoxPath(), ["--headless", "--marionette", "--no-remote", "--profile", profile], {
    stdio: "ignore",
    env: { ...process.env, MOZ_HEADLESS_WIDTH: "1440", MOZ_HEADLESS_HEIGHT: "900", HOME: profile },
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill();
    await ended;
    await rm(profile, { recursive: true, force: true });
  };
  try {
    const port = await portOf(profile);
    const wire = new Wire(connect(port, "127.0.0.1"));
    await wire.greeting;
    await wire.call("WebDriver:NewSession", {});
    return { ...commands(wire), close: () => wire.end().then(close) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function portOf(profile) {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const text = await readFile(join(profile, "MarionetteActivePort"), "utf8").catch(() => "");
    if (/^\d+$/.test(text.trim())) return Number(text);
    await pause(50);
  }
  throw new Error(`Firefox did not start within ${PATIENCE_MS / 1000} s.`);
}

function commands(wire) {
  const evaluate = (script, ...args) => wire.call("WebDriver:ExecuteScript", { script: `return (${script})(...arguments)`, args }).then(({ value }) => value);
  return {
    goto: (url) => wire.call("WebDriver:Navigate", { url }),
    /** Calls a function in the page. */
    evaluate,
    /** Waits until a function in the page gives something true, and gives that. */
    async until(condition, ...args) {
      const deadline = Date.now() + PATIENCE_MS;
      while (Date.now() < deadline) {
        const value = await evaluate(condition, ...args);
        if (value) return value;
        await pause(50);
      }
      throw new Error(`after ${PATIENCE_MS / 1000} s this still does not hold in Firefox: ${condition}`);
    },
    async screenshot(file) {
      const { value } = await wire.call("WebDriver:TakeScreenshot", { full: false });
      await writeFile(file, Buffer.from(value, "base64"));
    },
  };
}

class Wire {
  constructor(socket) {
    this.socket = socket;
    this.waiting = new Map();
    this.last = 0;
    this.greeting = new Promise((resolve, reject) => {
      this.greeted = resolve;
      socket.once("error", reject);
    });
    let buffer = Buffer.alloc(0);
    socket.on("data", (data) => {
      buffer = Buffer.concat([buffer, data]);
      for (;;) {
        const colon = buffer.indexOf(":");
        const length = Number(buffer.subarray(0, Math.max(colon, 0)).toString());
        if (colon < 1 || buffer.length < colon + 1 + length) return;
        this.receive(JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString()));
        buffer = buffer.subarray(colon + 1 + length);
      }
    });
    socket.on("close", () => {
      for (const { reject } of this.waiting.values()) reject(new Error("Firefox went away."));
    });
  }

  receive(message) {
    if (!Array.isArray(message)) return this.greeted(message);
    const [, id, error, result] = message;
    const { resolve, reject } = this.waiting.get(id) ?? {};
    this.waiting.delete(id);
    if (error) reject?.(new Error(`${error.error}: ${error.message}`));
    else resolve?.(result);
  }

  call(command, parameters) {
    this.last += 1;
    const text = JSON.stringify([0, this.last, command, parameters]);
    const answer = new Promise((resolve, reject) => this.waiting.set(this.last, { resolve, reject }));
    this.socket.write(`${Buffer.byteLength(text)}:${text}`);
    return answer;
  }

  async end() {
    this.socket.removeAllListeners("close");
    this.socket.destroy();
  }
}
