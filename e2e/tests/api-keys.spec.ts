// API keys: shown once, good for what they were made for, and worthless once revoked.

import { expect, test } from "../fixtures/test.ts";

test("teams that arrive after the dialog was opened can be ticked in it", async ({ page, context, desk }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/v1/teams?*", async (route) => {
    await held;
    await route.continue();
  });
  await desk.signIn(context, "admin");
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "New API key" }).click();
  const making = page.getByRole("dialog", { name: "New API key" });
  await making.getByLabel("Name").fill("Kept");
  await expect(making.getByRole("checkbox", { name: "Claims" })).toHaveCount(0);
  release();
  await making.getByRole("checkbox", { name: "Claims" }).check();
  await expect(making.getByLabel("Name")).toHaveValue("Kept");
});

test("a key is shown once, does what it may, and is worthless once revoked", async ({ page, context, desk }) => {
  const name = desk.unique("Reporting");
  await desk.signIn(context, "admin");
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "New API key" }).click();
  const making = page.getByRole("dialog", { name: "New API key" });
  await making.getByLabel("Name").fill(name);
  await making.getByRole("checkbox", { name: "Search" }).check();
  await making.getByRole("checkbox", { name: "Claims" }).check();
  await making.getByRole("button", { name: "Create key" }).click();

  const shown = page.getByRole("dialog", { name: `Key “${name}”` });
  const key = await shown.getByLabel("Key", { exact: true }).inputValue();
  expect(key).toMatch(/^smsc_/);
  await shown.getByRole("button", { name: "Copy" }).click();
  await expect(shown.getByRole("status")).not.toBeEmpty();
  const ask = async (path: string) =>
    (await fetch(`${desk.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await ask("/search?q=maria")).toBe(200);
  expect(await ask("/accounts")).toBe(403);

  await test.step("it asks before it vanishes", async () => {
    const asked = shown.getByRole("alert").filter({ hasText: "It is not shown again." });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect(asked).toBeVisible();
    await shown.getByRole("button", { name: "Done" }).click();
    await shown.getByRole("button", { name: "Close" }).click();
    await expect(shown.getByLabel("Key", { exact: true })).toHaveValue(key);
    await shown.getByRole("checkbox", { name: "I have copied the key" }).check();
    await expect(asked).toBeHidden();
  });
  await shown.getByRole("button", { name: "Done" }).click();
  await expect(shown).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row.getByRole("cell")).toHaveText([
    new RegExp(`^${name}\\s*${key.slice(0, 8)}.*…$`),
    "Search",
    "Claims",
    /^Alex Admin · /,
    /.+/,
    /Revoke/,
  ]);
  expect(await page.content()).not.toContain(key);
  await page.reload();
  await expect(row.getByRole("cell").nth(4)).not.toHaveText("never");
  expect(await page.content()).not.toContain(key);

  await row.getByRole("button", { name: `Revoke ${name}` }).click();
  const question = page.getByRole("dialog", { name: `Revoke “${name}”?` });
  await question.getByRole("button", { name: "Revoke key" }).click();
  await expect(row).toBeHidden();
  expect(await ask("/search?q=maria")).toBe(401);
});

test("a key belongs to at least one team, and keeps what was ticked when it is refused", async ({
  page,
  context,
  desk,
  problems,
}) => {
  problems.expect(422, "/api_keys");
  await desk.signIn(context, "admin");
  await page.goto("/api-keys");
  await page.getByRole("button", { name: "New API key" }).click();
  const making = page.getByRole("dialog", { name: "New API key" });
  await making.getByLabel("Name").fill("Reporting");
  await making.getByRole("checkbox", { name: "Search" }).check();
  await making.getByRole("button", { name: "Create key" }).click();
  await expect(making.getByRole("group", { name: "Teams" }).getByRole("alert")).not.toBeEmpty();
  await expect(making.getByRole("checkbox", { name: "Search" })).toBeChecked();
  await expect(making.getByLabel("Name")).toHaveValue("Reporting");
});
