// Campaigns: from the file to the results.

import { readFile } from "node:fs/promises";

import { expectAccessible } from "../fixtures/axe.ts";
import { CampaignPage, recipients } from "../fixtures/campaigns.ts";
import { requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

test("a campaign is previewed with its cost, sent, and its results are downloaded", async ({ page, freshServer: server }) => {
  const campaign = await CampaignPage.uploadAs(page, server, "supervisor", "Support", "Reminder", recipients(5));
  await expect(campaign.state).toHaveText("Draft");
  await expect(page.getByText("5 rows, 1 cannot be used")).toBeVisible();
  await expect(page.getByText("Save the text first, and check the preview.")).toBeVisible();

  await campaign.text.fill("Hello ");
  await page.getByRole("button", { name: "name", exact: true }).click();
  await expect(campaign.text).toHaveValue("Hello {{name}}");
  await campaign.write("Hello {{name}}, your balance is {{Balance}}.", "6000");
  const rows = campaign.preview.getByRole("table", { name: "The first rows" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(5);
  await expect(rows.nth(2)).toContainText("Hello Customer 2, your balance is GBP 2.00.");
  await expect(rows.nth(2)).toContainText("1 part · GSM-7");
  await expect(campaign.count("Messages")).toHaveText("5");
  await expect(campaign.preview.getByRole("table", { name: "Rows that cannot be used" })).toContainText("call me");
  await page.getByLabel("Price of a part").fill("0,05");
  await expect(page.getByText("Cost: 0.25")).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Start: 5 messages" }).click();
  await expect(campaign.state).toHaveText("Finished");
  await expect(campaign.count("Sent")).toHaveText("5");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the results" }).click();
  const results = await readFile(await (await download).path(), "utf8");
  expect(results.trim().split("\r\n")).toHaveLength(7);
  expect(results).toContain("rejected,invalid_file");

  await page.getByRole("link", { name: "Campaigns" }).last().click();
  const row = page.getByRole("row").filter({ hasText: "Reminder" });
  await expect(row).toContainText("5 of 5");
  await expect(row).toContainText("Finished");
});

test("a running campaign is paused, resumed and cancelled", async ({ page, server }) => {
  const campaign = await CampaignPage.uploadAs(page, server, "supervisor", "Support", "Slow", recipients(50, "78"));
  await campaign.write("Hello", "1");
  await page.getByRole("button", { name: "Start: 50 messages" }).click();
  await expect(campaign.count("Sent")).toHaveText("1");
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(campaign.state).toHaveText("Paused");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(campaign.state).toHaveText("Running");
  await page.getByRole("button", { name: "Cancel campaign" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel campaign" }).click();
  await expect(campaign.state).toHaveText("Cancelled");
  await expect(page.getByRole("button", { name: "Resume" })).toHaveCount(0);
});

test("looking at a draft changes nothing, and a date without a time does not start it", async ({ page, server }) => {
  const campaign = await CampaignPage.uploadAs(page, server, "supervisor", "Support", "Later", recipients(1, "76"));
  await campaign.write("Hello {{name}}", "60");
  const changes = requestsTo(page, "PUT", `/api/v1${new URL(page.url()).pathname}`);
  await page.reload();
  const start = page.getByRole("button", { name: "Start: 1 message", exact: true });
  await expect(start).toBeVisible();
  await page.getByLabel("Start at").click();
  await page.keyboard.type("11302027");
  await start.click();
  await expect(page.getByText("Choose a date and a time.")).toBeVisible();
  await expect(campaign.state).toHaveText("Draft");
  expect(changes).toEqual([]);
});

test("a file that cannot be used is refused with the reason, and a draft can be deleted", async ({ page, server, browserErrors }) => {
  browserErrors.expect(422, "/campaigns");
  await server.openAs(page, "supervisor", "/campaigns");
  await page.getByRole("button", { name: "Upload" }).click();
  await expect(page.getByText("Choose a CSV file.")).toBeVisible();
  await page.getByLabel("Name").fill("Broken");
  const file = { name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from("Ref,Name\nA-1,Jo\n") };
  await page.getByLabel("CSV file").setInputFiles(file);
  await page.getByRole("button", { name: "Upload" }).click();
  await expect(page.getByText("There is no column for the phone number.")).toBeVisible({ timeout: 15_000 });

  await CampaignPage.uploadAs(page, server, "supervisor", "Support", "Unwanted", recipients(2, "77"));
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/campaigns$/);
  await expect(page.getByRole("row").filter({ hasText: "Unwanted" })).toHaveCount(0);
});
