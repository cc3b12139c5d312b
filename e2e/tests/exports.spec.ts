// The export page: the list and the files have the same rows.

import { readFile } from "node:fs/promises";

import { expectAccessible } from "../fixtures/axe.ts";
import { expect, test } from "../fixtures/test.ts";

test("the messages of a period are listed and downloaded", async ({ page, server }) => {
  await server.customer("Support").send("=SUM(1) please");
  await server.openAs(page, "supervisor", "/export");
  await page.getByLabel("Team").selectOption("Support");
  const rows = page.getByRole("table", { name: "Export" }).locator("tbody").getByRole("row");
  await expect(rows.first()).toBeVisible();
  await expectAccessible(page);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download CSV" }).click();
  const csv = await readFile(await (await download).path(), "utf8");
  expect(csv.startsWith("id,conversation_id,")).toBe(true);
  expect(csv).toContain("'=SUM(1) please");

  await page.getByLabel("Export of").selectOption("Conversations");
  await expect(page.getByRole("columnheader", { name: "Closure reason" })).toBeVisible();
  const other = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download NDJSON" }).click();
  const lines = (await readFile(await (await other).path(), "utf8")).trim().split("\n");
  expect(JSON.parse(lines[0]!)).toHaveProperty("team_number");
});

test("a period that ends before it begins has no files", async ({ page, server }) => {
  await server.openAs(page, "supervisor", "/export");
  await page.getByLabel("First day").fill("2026-11-20");
  await page.getByLabel("Last day").fill("2026-11-19");
  await expect(page.getByText("Choose a first day and a last day that is not before it.")).toBeVisible();
  await expect(page.getByRole("link", { name: /Download/ })).toHaveCount(0);
  await page.getByLabel("First day").fill("2020-01-01");
  await page.getByLabel("Last day").fill("2020-01-02");
  await expect(page.getByText("Nothing in this period")).toBeVisible();
});
