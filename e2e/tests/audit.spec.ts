// The audit log: filters, the CSV file, and who may see it.

import { readFile } from "node:fs/promises";

import { expectAccessible } from "../fixtures/axe.ts";
import { openSettings } from "../fixtures/menu.ts";
import { expect, test } from "../fixtures/test.ts";

test("an administrator finds who changed what, and downloads it", async ({ page, server }) => {
  const name = server.uniqueName("Complaint");
  const admin = await server.apiAs("admin");
  await admin.createTag("Support", name, "red");
  await server.openAs(page, "admin", "/");
  await openSettings(page, "Audit log");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Audit log");
  const rows = page.getByRole("table", { name: "Audit log" }).getByRole("row");
  await expect(rows.filter({ hasText: "Signed in" }).first()).toContainText("127.0.0.1");

  await test.step("the filters narrow the entries", async () => {
    await page.getByLabel("What").selectOption("Tag created");
    await page.getByLabel("About").fill(name.toUpperCase());
    await expect(rows).toHaveCount(2);
    await expect(rows.nth(1)).toContainText("Alex Admin");
    await expect(rows.nth(1)).toContainText(`Tag “${name}”`);
    await expect(rows.nth(1)).toContainText("Support");
    await page.getByLabel("Until").fill("2020-01-31");
    await expect(page.getByText("No entries match these filters")).toBeVisible();
    await page.getByLabel("Until").fill("");
    await expect(rows).toHaveCount(2);
  });

  await test.step("the file has the same entries", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download as CSV" }).click();
    const file = await readFile(await (await download).path(), "utf8");
    const lines = file.trimEnd().split("\r\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(`,tag.created,tag,`);
    expect(lines[1]).toContain(name);
  });
  await expectAccessible(page);
});

test("a search is in the log with its term", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Hello");
  await server.openAs(page, "supervisor", `/search?q=${encodeURIComponent(customer.number)}`);
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  const log = await page.context().browser()?.newPage();
  if (!log) throw new Error("no browser");
  await server.openAs(log, "admin", "/audit");
  await log.getByLabel("What").selectOption("Conversations searched");
  const searched = log.getByRole("table", { name: "Audit log" }).getByRole("row").filter({ hasText: customer.number });
  await expect(searched.first()).toContainText("Searched for");
  await log.close();
});

test("the page requires a permission of its own", async ({ page, server }) => {
  await server.openAs(page, "supervisor", "/audit");
  await expect(page.getByText("You need the permission “See the audit log”")).toBeVisible();
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page.getByRole("link", { name: "Webhooks" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" })).toHaveCount(0);
});
