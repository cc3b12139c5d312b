// API keys: each is shown once, allows only its permissions in its teams, and stops working once revoked.

import type { Locator, Page } from "@playwright/test";

import { expectAccessible } from "../fixtures/axe.ts";
import { holdRequests } from "../fixtures/network.ts";
import type { TestServer } from "../fixtures/server.ts";
import { expect, test } from "../fixtures/test.ts";

/** Opens the dialog for a new API key, signed in as the administrator. */
async function openNewKey(page: Page, server: TestServer): Promise<Locator> {
  await server.openAs(page, "admin", "/api-keys");
  await page.getByRole("button", { name: "New API key" }).click();
  return page.getByRole("dialog", { name: "New API key" });
}

test("teams that load after the dialog has opened can be selected in it", async ({ page, server }) => {
  const release = await holdRequests(page, "**/api/v1/teams?*");
  const dialog = await openNewKey(page, server);
  await dialog.getByLabel("Name").fill("Kept");
  await expect(dialog.getByRole("checkbox", { name: "Claims" })).toHaveCount(0);
  release();
  await dialog.getByRole("checkbox", { name: "Claims" }).check();
  await expect(dialog.getByLabel("Name")).toHaveValue("Kept");
});

test("an API key is shown once, allows only its permissions, and stops working once revoked", async ({
  page,
  server,
}) => {
  const name = server.uniqueName("Reporting");
  const dialog = await openNewKey(page, server);
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("checkbox", { name: "Search" }).check();
  await dialog.getByRole("checkbox", { name: "Claims" }).check();
  await dialog.getByRole("button", { name: "Create key" }).click();

  const keyDialog = page.getByRole("dialog", { name: `Key “${name}”` });
  const key = await keyDialog.getByLabel("Key", { exact: true }).inputValue();
  expect(key).toMatch(/^smsc_/);
  await keyDialog.getByRole("button", { name: "Copy" }).click();
  await expect(keyDialog.getByRole("status")).not.toBeEmpty();
  const statusOf = async (path: string) =>
    (await fetch(`${server.url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await statusOf("/search?q=maria")).toBe(200);
  expect(await statusOf("/accounts")).toBe(403);

  await test.step("the dialog asks for confirmation before it hides the key", async () => {
    const warning = keyDialog.getByRole("alert").filter({ hasText: "It is not shown again." });
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect(warning).toBeVisible();
    await keyDialog.getByRole("button", { name: "Done" }).click();
    await keyDialog.getByRole("button", { name: "Close" }).click();
    await expect(keyDialog.getByLabel("Key", { exact: true })).toHaveValue(key);
    await keyDialog.getByRole("checkbox", { name: "I have copied the key" }).check();
    await expect(warning).toBeHidden();
  });
  await keyDialog.getByRole("button", { name: "Done" }).click();
  await expect(keyDialog).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row.getByRole("cell")).toHaveText([
    new RegExp(`^${name}\\s*${key.slice(0, 8)}.*…$`),
    "Search",
    "Claims",
    /^Alex Admin · /,
    /.+/,
    "never",
    /Rotate.*Revoke/,
  ]);
  expect(await page.content()).not.toContain(key);
  await page.reload();
  await expect(row.getByRole("cell").nth(4)).not.toHaveText("never");
  expect(await page.content()).not.toContain(key);

  await row.getByRole("button", { name: `Revoke ${name}` }).click();
  const confirmation = page.getByRole("dialog", { name: `Revoke “${name}”?` });
  await confirmation.getByRole("button", { name: "Revoke key" }).click();
  await expect(row).toBeHidden();
  expect(await statusOf("/search?q=maria")).toBe(401);
});

test("an API key needs at least one team, and a refusal keeps the input", async ({ page, server, browserErrors }) => {
  browserErrors.expect(422, "/api_keys");
  const dialog = await openNewKey(page, server);
  await dialog.getByLabel("Name").fill("Reporting");
  await dialog.getByRole("checkbox", { name: "Search" }).check();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByRole("group", { name: "Teams" }).getByRole("alert")).not.toBeEmpty();
  await expect(dialog.getByRole("checkbox", { name: "Search" })).toBeChecked();
  await expect(dialog.getByLabel("Name")).toHaveValue("Reporting");
});

test("a rotated key has two secrets until the overlap is ended", async ({ page, server }) => {
  const name = server.uniqueName("CRM");
  const dialog = await openNewKey(page, server);
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("checkbox", { name: "Search" }).check();
  await dialog.getByRole("checkbox", { name: "Claims" }).check();
  await dialog.getByRole("button", { name: "Create key" }).click();
  const shown = page.getByRole("dialog", { name: `Key “${name}”` });
  const copied = async () => {
    const secret = await shown.getByLabel("Key", { exact: true }).inputValue();
    await shown.getByRole("checkbox", { name: "I have copied the key" }).check();
    await shown.getByRole("button", { name: "Done" }).click();
    return secret;
  };
  const old = await copied();
  const statusOf = async (key: string) =>
    (await fetch(`${server.url}/api/v1/search?q=maria`, { headers: { authorization: `Bearer ${key}` } })).status;

  const row = page.getByRole("row").filter({ hasText: name });
  await row.getByRole("button", { name: `Rotate ${name}` }).click();
  const rotation = page.getByRole("dialog", { name: `New secret for “${name}”` });
  await expectAccessible(page);
  await expect(rotation.getByLabel("How long the present secret still works")).toHaveValue("24");
  await rotation.getByRole("button", { name: "Create secret" }).click();
  const secret = await copied();
  expect(secret).not.toBe(old);
  expect([await statusOf(old), await statusOf(secret)]).toEqual([200, 200]);
  await expect(row).toContainText(`${old.slice(0, 11)}… works until`);
  await expectAccessible(page);

  await row.getByRole("button", { name: `Stop it now ${name}` }).click();
  const confirmation = page.getByRole("dialog", { name: `Stop the old secret of “${name}”?` });
  await confirmation.getByRole("button", { name: "Stop old secret" }).click();
  await expect(row).not.toContainText("works until");
  expect([await statusOf(old), await statusOf(secret)]).toEqual([401, 200]);
});

test("a key that expires soon stands out, and an expired one cannot be used", async ({ page, server }) => {
  const name = server.uniqueName("Audit");
  const dialog = await openNewKey(page, server);
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("checkbox", { name: "Search" }).check();
  await dialog.getByRole("checkbox", { name: "Claims" }).check();
  const expires = dialog.getByLabel("Expires");
  await expect(expires).toHaveValue("never");
  await expires.selectOption("On a date");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByText("Enter a date.")).toBeVisible();
  const inThreeDays = new Date(Date.now() + 3 * 24 * 3_600_000).toISOString().slice(0, 10);
  await dialog.getByLabel("Date of expiry").fill(inThreeDays);
  await dialog.getByRole("button", { name: "Create key" }).click();
  const shown = page.getByRole("dialog", { name: `Key “${name}”` });
  await shown.getByRole("checkbox", { name: "I have copied the key" }).check();
  await shown.getByRole("button", { name: "Done" }).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row.locator("time.badge-warning")).toHaveText(/^in [34] days$/);
  await expectAccessible(page);
});
