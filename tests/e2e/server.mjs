// A tiny static server for the tests: serves dist/ under a sub-path, as a course page would, and logs the requests.

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/**
 * Serves `root` under `base` (which starts and ends with a slash) on a free port. `pack(path, data)` compresses an answer with
 * brotli for clients that accept it.
 */
export async function serveDirectory(root, base = "/courses/ha lab/", { pack } = {}) {
  const prefix = encodeURI(base);
  const missing = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    const file = path.startsWith(prefix) ? await fileOf(root, path.slice(prefix.length)) : null;
    if (!file) {
      missing.push(path);
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such file.");
      return;
    }
    const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "cache-control": "no-cache" };
    if (pack && /\bbr\b/.test(request.headers["accept-encoding"] ?? "") && extname(file) !== ".png") {
      const data = pack(file, await readFile(file));
      response.writeHead(200, { ...headers, "content-encoding": "br", "content-length": data.length }).end(data);
      return;
    }
    response.writeHead(200, headers);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    /** The address of the page. */
    url: origin + prefix,
    /** Requested paths that do not exist. */
    missing,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function fileOf(root, path) {
  const file = normalize(join(root, decodeURIComponent(path)));
  if (file !== root && !file.startsWith(root + sep)) return null;
  const info = await stat(file).catch(() => null);
  if (info?.isDirectory()) return fileOf(root, join(path, "index.html"));
  return info ? file : null;
}
