// Links and files: a moment is copied or saved and opened again; for a damaged link the page says what is wrong.

import { readFile } from "node:fs/promises";
import { assert, assertEqual, axe, openPage, test } from "./lib.mjs";

const FIVE_MASTERS =
  "#1.l9vcNX0s5izgLNk1LNowfSyaXHU1OTFhXHU0ZTNiXHU5YWQ4XHU1M2VmXHU3NTI4IFwiSEFcIqNzZWVkIjoxODQ0Njc0NDA3MzcwOTU1MTYxNX37NA";
const notice = (page) => page.locator('[data-testid="notice"]');
const pause = (page) => page.evaluate(() => document.activeElement?.blur()).then(() => page.keyboard.press("Space"));

test("the button copies a link, says what it copied, and the link leads there", { context: { permissions: ["clipboard-read", "clipboard-write"] } }, async ({ page, lab, until, note }) => {
  await pause(page);
  const time = await page.locator('[data-testid="clock"]').getAttribute("data-sim-us");
  await page.locator('[data-testid="copy-link"]').click();
  await notice(page).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const said = await page.locator('[data-testid="said"]').textContent();
  assert(said.startsWith("Copied a link to 00:00:3") && said.includes(`It has ${link.length} characters.`), said);
  note(`${link.length} characters: ${link}`);
  assertEqual(await axe(page), [], "violations with the message");
  const other = await openPage(lab);
  await other.open(new URL(link).hash);
  await other.until(() => document.querySelector('[data-testid="said"]').textContent.startsWith("Opened"));
  assertEqual(await other.page.locator('[data-testid="clock"]').getAttribute("data-sim-us"), time, "the moment");
  assertEqual(other.watch.faults, [], "complaints");
  await other.close();
  await page.getByRole("button", { name: "Close this message" }).click();
  await until(() => document.querySelector('[data-testid="notice"]') === null);
});

test("where the browser does not copy, the link stands selected in a field", { goto: false }, async ({ page, open, until }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await open();
  await page.locator('[data-testid="copy-link"]').click();
  const field = page.locator('[data-testid="link-field"]');
  await field.waitFor();
  await until(() => document.activeElement?.dataset.testid === "link-field");
  const [selected, value] = await field.evaluate((input) => [input.value.slice(input.selectionStart, input.selectionEnd), input.value]);
  assertEqual(selected, value, "what is selected");
  assert(/#1\.[\w-]+$/.test(value), value);
  assertEqual(await axe(page), [], "violations with the field");
});

test("a copied link has nothing of what others put into the address", { goto: false }, async ({ page, open }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    localStorage.setItem("ha-lab.theme", '"><img src=x>');
  });
  await open("?session=secret&utm=mail");
  await page.locator('[data-testid="copy-link"]').click();
  const field = page.locator('[data-testid="link-field"]');
  await field.waitFor();
  const value = await field.inputValue();
  assert(/\/#1\.[\w-]+$/.test(value) && !value.includes("?"), value);
  assertEqual(await page.evaluate(() => document.documentElement.getAttribute("data-theme")), null, "a theme that is none");
});

test("a changed address loads the moment that it names", async ({ page, until }) => {
  await page.evaluate((hash) => { location.hash = hash; }, FIVE_MASTERS);
  await until(() => document.querySelector('[data-target="master-5"]') !== null);
  await page.evaluate((hash) => { location.hash = hash; }, FIVE_MASTERS.slice(0, 60));
  await until(() => document.querySelector('[data-testid="notice"].wrong')?.textContent.includes("Nothing was changed."));
  // An anchor within the page is not a link of the lab.
  await page.evaluate(() => { location.hash = "#time"; });
  await page.keyboard.press("Escape");
  assertEqual(await page.locator('[data-target="master-5"]').count(), 1, "master-5");
});

for (const [what, hash, expect] of [
  ["cut short", FIVE_MASTERS.slice(0, 60), "the whole link as it was copied"],
  ["of a later version", "#2.AAAA", "the link's version: 2"],
  ["that is no base64", "#1.<script>alert(1)</script>", "character 3 of the link"],
  ["of a lesson's name that cannot be", "#lesson/..%2F..", "lower case letters"],
]) {
  test(`a link ${what} says so, and the default cluster runs`, { goto: false }, async ({ page, open, until }) => {
    await open(hash);
    await until(() => document.querySelector('[data-testid="notice"].wrong') !== null);
    const text = await notice(page).locator("p").textContent();
    assert(text.startsWith("This link cannot be opened (") && text.includes(expect), text);
    assert(text.endsWith("The default cluster runs instead."), text);
    assertEqual(await page.locator('[data-target="master-3"]').count(), 1, "master-3");
  });
}

test("a moment is saved as a file and opened again; a wrong file changes nothing", { goto: false }, async ({ page, open, until }) => {
  await open(FIVE_MASTERS);
  await until(() => document.querySelector('[data-target="master-5"]') !== null);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator('[data-testid="save-file"]').click()]);
  const text = await readFile(await download.path(), "utf8");
  assertEqual(JSON.parse(text).cluster.masters, 5, "masters in the file");
  assert(/^ha-lab-seed-18446744073709551615-at-\d+s\.json$/.test(download.suggestedFilename()), download.suggestedFilename());
  const choose = async (name, content) => {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator('[data-testid="open-file"]').click()]);
    await chooser.setFiles({ name, mimeType: "application/json", buffer: Buffer.from(content) });
  };
  await choose("wrong.json", '{"version":1,"cluster":{"masters":9}}');
  await until(() => document.querySelector('[data-testid="notice"].wrong') !== null);
  const wrong = await notice(page).locator("p").textContent();
  assert(wrong.includes("cluster.masters: 9") && wrong.endsWith("Nothing was changed."), wrong);
  assertEqual(await page.locator('[data-target="master-5"]').count(), 1, "master-5");
  await choose("moment.json", text.replace('"masters":5', '"masters":2').replace('"members":5', '"members":2'));
  await until(() => document.querySelector('[data-target="master-5"]') === null);
  assertEqual(await page.locator('[data-target="master-2"]').count(), 1, "master-2");
});
