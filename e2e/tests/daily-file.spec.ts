// Daily files: upload, preview, use and restore. Each test that uploads has its own server, because a new file changes
// what every conversation of its team shows.

import { readFile } from "node:fs/promises";

import { ConversationPage } from "../fixtures/conversation.ts";
import { DailyFilePage, UPLOAD_TIMEOUT, csv, customerRows } from "../fixtures/daily-file.ts";
import { expect, test } from "../fixtures/test.ts";

test("an uploaded file becomes current, and the page reports accepted and rejected rows", async ({
  page,
  context,
  freshServer: server,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/me");
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  await expect(page).toHaveURL(/\/daily-file\?team=\d+$/);
  const before = await dailyFile.history.count();
  const formula = "=cmd()";
  await dailyFile.upload("today.csv", csv([...customerRows(40), ["C-99", "Mo Bad", formula, "GBP 1.00"]]));

  await expect(dailyFile.status).toHaveText("today.csv was uploaded: 40 customers.");
  await expect(dailyFile.count("Rows")).toHaveText("41");
  await expect(dailyFile.count("Accepted")).toHaveText("40");
  await expect(dailyFile.count("Rejected")).toHaveText("1");
  await expect(dailyFile.count("Customers added")).toHaveText("40");
  await expect(dailyFile.uploadSection).toContainText("Key data: Balance");
  await expect(dailyFile.rejectedRows).toHaveCount(1);
  const cells = dailyFile.rejectedRows.first().getByRole("cell");
  await expect(cells.nth(0)).toHaveText("42");
  await expect(cells.nth(1)).toHaveText("Number");
  await expect(cells.nth(2)).toHaveText(formula);
  await expect(cells.nth(3)).toHaveText(/\w+ .*\.$/);

  await expect(dailyFile.history).toHaveCount(before + 1);
  const newest = dailyFile.history.first().getByRole("cell");
  await expect(newest.nth(1)).toContainText(/ by \w/);
  await expect(newest.nth(2)).toHaveText("41");
  await expect(newest.nth(3)).toHaveText("40");
  await expect(newest.nth(5)).toHaveText("Current");

  // The browser downloads the file without the app, so the app must renew the expired session first.
  await context.clearCookies({ name: "smsc_access" });
  const download = page.waitForEvent("download");
  await dailyFile.uploadSection.getByRole("link", { name: "Download all as CSV" }).click();
  const rows = await readFile(await (await download).path(), "utf8");
  expect(rows).toContain("42");
  expect(rows, "the value is escaped, so that a spreadsheet does not run it as a formula").toContain(`'${formula}`);
});

test("an upload shows its progress, continues behind other pages, and can be cancelled", async ({
  page,
  context,
  freshServer: server,
}) => {
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  const before = await dailyFile.history.count();
  const network = await context.newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 40_000 };
  await network.send("Network.emulateNetworkConditions", conditions);
  await dailyFile.choose("today.csv", csv(customerRows(20_000)));

  await expect(dailyFile.status).toHaveText(/^Sending today\.csv \(\d+ kB\)…$/);
  await expect(dailyFile.progressBar).toHaveAttribute("value", /^[1-9]\d?$/);
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", { name: "Closed", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(dailyFile.progressBar).toHaveAttribute("value", /^[1-9]\d?$/);

  // Leaving the app asks for confirmation.
  const opened = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const confirmation = await opened;
  expect(confirmation.type()).toBe("beforeunload");
  await confirmation.dismiss();

  await dailyFile.uploadSection.getByRole("button", { name: "Cancel" }).click();
  await expect(dailyFile.input).toBeVisible();
  await expect(dailyFile.progressBar).toBeHidden();
  await expect(dailyFile.uploadSection.getByRole("heading")).toBeFocused();
  await network.send("Network.emulateNetworkConditions", { ...conditions, uploadThroughput: -1 });
  await dailyFile.open("Support");
  await expect(dailyFile.history).toHaveCount(before);
});

test("the page shows a file's changes before it is used, and warns if it replaces most customers", async ({
  page,
  freshServer: server,
}) => {
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  await dailyFile.upload("monday.csv", csv(customerRows(40)));

  await test.step("a file with a few changes", async () => {
    const [first, , ...others] = customerRows(41);
    await dailyFile.choose("tuesday.csv", csv([[first![0]!, "Renamed", first![2]!, first![3]!], ...others]));
    await expect(dailyFile.status).toHaveText("tuesday.csv is ready. Nothing has changed yet.", UPLOAD_TIMEOUT);
    await expect(dailyFile.alert).toBeHidden();
    for (const [count, expected] of [
      ["added", 1],
      ["changed", 1],
      ["dropped", 1],
      ["unchanged", 38],
    ] as const) {
      await expect(dailyFile.count(`Customers ${count}`)).toHaveText(String(expected));
    }
    await dailyFile.uploadSection.getByText("Changed (1)").click();
    await expect(dailyFile.uploadSection).toContainText("name Customer 0 → Renamed");
    await dailyFile.uploadSection.getByRole("button", { name: "Keep the current file" }).click();
    await expect(dailyFile.status).toBeEmpty();
    await expect(dailyFile.history.first()).toContainText("40");
  });

  await test.step("a file that replaces most customers", async () => {
    await dailyFile.choose("other.csv", csv(customerRows(4)));
    await expect(dailyFile.alert).toContainText("This file replaces most of your customers.", UPLOAD_TIMEOUT);
    await expect(dailyFile.alert).toContainText("36 of the 40 customers in the current file would be dropped");
    await dailyFile.uploadSection.getByRole("button", { name: "Replace the customers" }).click();
    await expect(dailyFile.status).toHaveText("other.csv was uploaded: 4 customers.", UPLOAD_TIMEOUT);
    await expect(dailyFile.count("Customers dropped")).toHaveText("36");
    await expect(dailyFile.history.first().getByRole("cell").nth(2)).toHaveText("4");
  });
});

test("an invalid file is refused with the line at fault, and the current file stays", async ({
  page,
  freshServer: server,
  browserErrors,
}) => {
  browserErrors.expect(422, "/daily_files");
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  await dailyFile.upload("monday.csv", csv(customerRows(40)));
  await dailyFile.choose("tuesday.csv", csv(customerRows(40), ["Ref", "Name", "Contact", "Balance"]));
  await expect(dailyFile.alert).toContainText("tuesday.csv was not uploaded");
  await expect(dailyFile.alert.getByRole("listitem").first()).toHaveText(/^Line 1: /);
  await expect(dailyFile.alert.getByRole("button", { name: "Retry" })).toBeHidden();
  await expect(dailyFile.history.first()).toContainText("Current");

  await test.step("the file is accepted once its unusual column is configured", async () => {
    await page.getByText("Columns", { exact: true }).click();
    await page.getByLabel("Number", { exact: true }).fill("Contact");
    await page.getByRole("button", { name: "Save columns" }).click();
    await expect(page.getByText("The columns are saved.")).toBeVisible();
    await dailyFile.upload("tuesday.csv", csv(customerRows(40), ["Ref", "Name", "Contact", "Balance"]));
  });
});

test("Retry uploads a file whose upload has failed", async ({ page, freshServer: server, browserErrors }) => {
  browserErrors.expect("net::ERR_CONNECTION_RESET", "/daily_files");
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  await page.route("**/daily_files?*", (route) => route.abort("connectionreset"), { times: 1 });
  await dailyFile.drop(
    { name: "one.csv", content: csv(customerRows(1)) },
    { name: "two.csv", content: csv(customerRows(2)) },
  );
  await expect(page.getByText("One file at a time")).toBeVisible();
  await dailyFile.drop({ name: "today.csv", content: csv(customerRows(40)) });
  await expect(dailyFile.alert).toContainText("The server cannot be reached.");
  await dailyFile.uploadSection.getByRole("button", { name: "Retry" }).click();
  await dailyFile.useChosenFile();
  await expect(dailyFile.status).toHaveText("today.csv was uploaded: 40 customers.", UPLOAD_TIMEOUT);
});

test("key data appears with a file, disappears with the next, and returns when the first is restored", async ({
  page,
  freshServer: server,
  otherPage,
}) => {
  const customer = server.customer("Support");
  await customer.send("Is it mended?");
  const bo = await server.apiAs("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  const { keyData } = new ConversationPage(otherPage);
  await expect(keyData).not.toContainText("GBP 120.00");

  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  const [, ...others] = customerRows(40);
  await dailyFile.upload("monday.csv", csv([["S-1", "Maria Jones", customer.number, "GBP 120.00"], ...others]));
  await expect(keyData).toContainText("GBP 120.00");
  await expect(otherPage.getByRole("heading", { level: 1 })).toContainText("S-1 · Maria Jones");

  await dailyFile.upload("tuesday.csv", csv(customerRows(40)));
  await expect(keyData).toContainText("This number is not in the current daily file");
  await expect(keyData).not.toContainText("GBP 120.00");

  // The history is fetched again after the upload.
  await expect(dailyFile.history).toHaveCount(3);
  const monday = dailyFile.history.nth(1);
  await monday.getByRole("button", { name: /^Restore/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(dailyFile.status).toHaveText(/^The file of .* was restored: 40 customers\.$/);
  await expect(monday).toContainText("Current");
  await expect(page.getByRole("heading", { name: "History" })).toBeFocused();
  await expect(keyData).toContainText("GBP 120.00");
});

test("a reassigned number shows a warning, and its previous holder's messages are marked", async ({
  page,
  freshServer: server,
}) => {
  const customer = server.customer("Support");
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  const [, ...others] = customerRows(40);
  const row = (reference: string, name: string) => [reference, name, customer.number, "GBP 120.00"];
  await dailyFile.upload("monday.csv", csv([row("S-1", "Maria Jones"), ...others]));
  await customer.send("Is it mended?");
  await dailyFile.upload("tuesday.csv", csv([row("S-2", "Nadia New"), ...others]));
  await customer.send("Who is Maria?");

  const bo = await server.apiAs("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await page.goto(`${server.url}/conversations/${id}`);
  const conversation = new ConversationPage(page);
  await expect(conversation.keyData).toContainText("now belongs to another customer");
  await expect(conversation.message("Is it mended?")).toContainText("Previous holder");
  await expect(conversation.message("Who is Maria?")).toBeVisible();
  await expect(conversation.message("Who is Maria?")).not.toContainText("Previous holder");
});

test("when two customers share a number, templates use neither name until the agent picks one", async ({
  page,
  freshServer: server,
  otherPage,
  browserErrors,
}) => {
  // After the second upload, the page may request templates with the ref that no longer has this number.
  browserErrors.expect(422, "/templates");
  const customer = server.customer("Support");
  const dailyFile = await DailyFilePage.openAs(page, server, "supervisor", "Support");
  const row = (reference: string, name: string) => [reference, name, customer.number, "GBP 120.00"];
  await dailyFile.upload("monday.csv", csv([row("S-1", "Maria Jones"), row("S-2", "Nadia New"), ...customerRows(40)]));
  await customer.send("Is it mended?");
  const bo = await server.apiAs("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await server.openAs(otherPage, "bo", `/conversations/${id}`);
  const { template, box, keyData } = new ConversationPage(otherPage);
  await template.selectOption("Greeting");
  await expect(box).toHaveValue(/^Hello {{name}}, /);
  await keyData.getByRole("button", { name: "Use in templates: S-2" }).click();
  await expect(box).toHaveValue(/^Hello Nadia New, /);
  await keyData.getByRole("button", { name: "Use in templates: S-1" }).click();
  await expect(box).toHaveValue(/^Hello Maria Jones, /);

  // In the next file, only one customer has the number.
  await dailyFile.upload("tuesday.csv", csv([row("S-2", "Nadia New"), ...customerRows(40)]));
  await expect(box).toHaveValue(/^Hello Nadia New, /);
});

test("an account without the upload permission sees which permission it needs", async ({ page, server }) => {
  await server.openAs(page, "ann", "/daily-file");
  await expect(page.getByText("You need the permission “Upload daily files”")).toBeVisible();
  await expect(page.getByRole("link", { name: "Daily file" })).toBeHidden();
});
