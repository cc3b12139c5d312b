// The daily file: compared, then used as a whole or not at all, and the way back. Each test has a desk of
// its own: a new file changes what every conversation of its team shows.

import { readFile } from "node:fs/promises";

import { DailyFilePage, IN, csv, customers } from "../fixtures/daily-file.ts";
import { expect, test } from "../fixtures/test.ts";

test("a file is brought in, and the page says what became of each row", async ({
  page,
  context,
  untouchedDesk: desk,
  problems,
}) => {
  problems.expect(401, "/api/v1/me");
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  await expect(page).toHaveURL(/\/daily-file\?team=\d+$/);
  const before = await daily.files.count();
  const formula = "=cmd()";
  await daily.bringIn("today.csv", csv([...customers(40), ["C-99", "Mo Bad", formula, "GBP 1.00"]]));

  await expect(daily.status).toHaveText("today.csv was uploaded: 40 customers.");
  await expect(daily.count("Rows")).toHaveText("41");
  await expect(daily.count("Accepted")).toHaveText("40");
  await expect(daily.count("Rejected")).toHaveText("1");
  await expect(daily.count("Customers added")).toHaveText("40");
  await expect(daily.intake).toContainText("Key data: Balance");
  await expect(daily.rejected).toHaveCount(1);
  const cells = daily.rejected.first().getByRole("cell");
  await expect(cells.nth(0)).toHaveText("42");
  await expect(cells.nth(1)).toHaveText("Number");
  await expect(cells.nth(2)).toHaveText(formula);
  await expect(cells.nth(3)).toHaveText(/\w+ .*\.$/);

  await expect(daily.files).toHaveCount(before + 1);
  const newest = daily.files.first().getByRole("cell");
  await expect(newest.nth(1)).toContainText(/ by \w/);
  await expect(newest.nth(2)).toHaveText("41");
  await expect(newest.nth(3)).toHaveText("40");
  await expect(newest.nth(5)).toHaveText("Current");

  // Whether it has been read lately or not: the session is renewed before the browser fetches the rows by itself.
  await context.clearCookies({ name: "smsc_access" });
  const arriving = page.waitForEvent("download");
  await daily.intake.getByRole("link", { name: "Download all as CSV" }).click();
  const rows = await readFile(await (await arriving).path(), "utf8");
  expect(rows).toContain("42");
  expect(rows, "a spreadsheet must not take it for a formula").toContain(`'${formula}`);
});

test("a file on its way shows how far it is, goes on behind other pages, and can be stopped", async ({
  page,
  context,
  untouchedDesk: desk,
}) => {
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  const before = await daily.files.count();
  const slow = await context.newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 40_000 };
  await slow.send("Network.emulateNetworkConditions", conditions);
  await daily.choose("today.csv", csv(customers(20_000)));

  await expect(daily.status).toHaveText(/^Sending today\.csv \(\d+ kB\)…$/);
  await expect(daily.bar).toHaveAttribute("value", /^[1-9]\d?$/);
  await page.getByRole("link", { name: "Closed" }).click();
  await expect(page.getByRole("heading", { name: "Closed", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(daily.bar).toHaveAttribute("value", /^[1-9]\d?$/);

  // Who leaves the app is asked.
  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();

  await daily.intake.getByRole("button", { name: "Cancel" }).click();
  await expect(daily.input).toBeVisible();
  await expect(daily.bar).toBeHidden();
  await expect(daily.intake.getByRole("heading")).toBeFocused();
  await slow.send("Network.emulateNetworkConditions", { ...conditions, uploadThroughput: -1 });
  await daily.open("Support");
  await expect(daily.files).toHaveCount(before);
});

test("the difference is shown before a file is used, and one that replaces most customers asks", async ({
  page,
  context,
  untouchedDesk: desk,
}) => {
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  await daily.bringIn("monday.csv", csv(customers(40)));

  await test.step("a few changes", async () => {
    const [first, , ...others] = customers(41);
    await daily.choose("tuesday.csv", csv([[first![0]!, "Renamed", first![2]!, first![3]!], ...others]));
    await expect(daily.status).toHaveText("tuesday.csv is ready. Nothing has changed yet.", IN);
    await expect(daily.alert).toBeHidden();
    for (const [count, expected] of [["added", 1], ["changed", 1], ["dropped", 1], ["unchanged", 38]] as const) {
      await expect(daily.count(`Customers ${count}`)).toHaveText(String(expected));
    }
    await daily.intake.getByText("Changed (1)").click();
    await expect(daily.intake).toContainText("name Customer 0 → Renamed");
    await daily.intake.getByRole("button", { name: "Keep the current file" }).click();
    await expect(daily.status).toBeEmpty();
    await expect(daily.files.first()).toContainText("40");
  });

  await test.step("most customers replaced", async () => {
    await daily.choose("other.csv", csv(customers(4)));
    await expect(daily.alert).toContainText("This file replaces most of your customers.", IN);
    await expect(daily.alert).toContainText("36 of the 40 customers in the current file would be dropped");
    await daily.intake.getByRole("button", { name: "Replace the customers" }).click();
    await expect(daily.status).toHaveText("other.csv was uploaded: 4 customers.", IN);
    await expect(daily.count("Customers dropped")).toHaveText("36");
    await expect(daily.files.first().getByRole("cell").nth(2)).toHaveText("4");
  });
});

test("a file that cannot be used is refused with its lines, and the current one stays", async ({
  page,
  context,
  untouchedDesk: desk,
  problems,
}) => {
  problems.expect(422, "/daily_files");
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  await daily.bringIn("monday.csv", csv(customers(40)));
  await daily.choose("tuesday.csv", csv(customers(40), ["Ref", "Name", "Contact", "Balance"]));
  await expect(daily.alert).toContainText("tuesday.csv was not uploaded");
  await expect(daily.alert.getByRole("listitem").first()).toHaveText(/^Line 1: /);
  await expect(daily.alert.getByRole("button", { name: "Retry" })).toBeHidden();
  await expect(daily.files.first()).toContainText("Current");

  await test.step("until its unusual column is named", async () => {
    await page.getByText("Columns", { exact: true }).click();
    await page.getByLabel("Number", { exact: true }).fill("Contact");
    await page.getByRole("button", { name: "Save columns" }).click();
    await expect(page.getByText("The columns are saved.")).toBeVisible();
    await daily.bringIn("tuesday.csv", csv(customers(40), ["Ref", "Name", "Contact", "Balance"]));
  });
});

test("a file that gets lost on its way is kept, and Retry brings it in", async ({
  page,
  context,
  untouchedDesk: desk,
  problems,
}) => {
  problems.expect("net::ERR_CONNECTION_RESET", "/daily_files");
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  await page.route("**/daily_files?*", (route) => route.abort("connectionreset"), { times: 1 });
  await daily.drop({ name: "one.csv", content: csv(customers(1)) }, { name: "two.csv", content: csv(customers(2)) });
  await expect(page.getByText("One file at a time")).toBeVisible();
  await daily.drop({ name: "today.csv", content: csv(customers(40)) });
  await expect(daily.alert).toContainText("The server cannot be reached.");
  await daily.intake.getByRole("button", { name: "Retry" }).click();
  await daily.use();
  await expect(daily.status).toHaveText("today.csv was uploaded: 40 customers.", IN);
});

test("key data appears with a file, goes with the next, and is back when the first is restored", async ({
  page,
  context,
  untouchedDesk: desk,
  otherPage,
}) => {
  const customer = desk.customer("Support");
  await customer.text("Is it mended?");
  const bo = await desk.agent("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await desk.signIn(otherPage.context(), "bo");
  await otherPage.goto(`${desk.url}/conversations/${id}`);
  const keyData = otherPage.getByRole("region", { name: /^Key data/ });
  await expect(keyData).not.toContainText("GBP 120.00");

  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  const [, ...others] = customers(40);
  await daily.bringIn("monday.csv", csv([["S-1", "Maria Jones", customer.number, "GBP 120.00"], ...others]));
  await expect(keyData).toContainText("GBP 120.00");
  await expect(otherPage.getByRole("heading", { level: 1 })).toContainText("S-1 · Maria Jones");

  await daily.bringIn("tuesday.csv", csv(customers(40)));
  await expect(keyData).toContainText("This number is not in the current daily file");
  await expect(keyData).not.toContainText("GBP 120.00");

  // The history is fetched again after the upload.
  await expect(daily.files).toHaveCount(3);
  const monday = daily.files.nth(1);
  await monday.getByRole("button", { name: /^Restore/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(daily.status).toHaveText(/^The file of .* was restored: 40 customers\.$/);
  await expect(monday).toContainText("Current");
  await expect(page.getByRole("heading", { name: "History" })).toBeFocused();
  await expect(keyData).toContainText("GBP 120.00");
});

test("a number that has changed hands is warned of, and what its previous holder wrote is marked", async ({
  page,
  context,
  untouchedDesk: desk,
}) => {
  const customer = desk.customer("Support");
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  const [, ...others] = customers(40);
  const row = (reference: string, name: string) => [reference, name, customer.number, "GBP 120.00"];
  await daily.bringIn("monday.csv", csv([row("S-1", "Maria Jones"), ...others]));
  await customer.text("Is it mended?");
  await daily.bringIn("tuesday.csv", csv([row("S-2", "Nadia New"), ...others]));
  await customer.text("Who is Maria?");

  const bo = await desk.agent("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await page.goto(`${desk.url}/conversations/${id}`);
  await expect(page.getByRole("region", { name: /^Key data/ })).toContainText("now belongs to another customer");
  const message = (text: string) => page.getByRole("listitem").filter({ hasText: text });
  await expect(message("Is it mended?")).toContainText("Previous holder");
  await expect(message("Who is Maria?")).toBeVisible();
  await expect(message("Who is Maria?")).not.toContainText("Previous holder");
});

test("two customers share a number: templates name neither until the agent picks one", async ({
  page,
  context,
  untouchedDesk: desk,
  otherPage,
  problems,
}) => {
  // The templates can be asked for once more with the ref that the new file has given another number.
  problems.expect(422, "/templates");
  const customer = desk.customer("Support");
  await desk.signIn(context, "supervisor");
  const daily = new DailyFilePage(page, desk);
  await daily.open("Support");
  const row = (reference: string, name: string) => [reference, name, customer.number, "GBP 120.00"];
  await daily.bringIn("monday.csv", csv([row("S-1", "Maria Jones"), row("S-2", "Nadia New"), ...customers(40)]));
  await customer.text("Is it mended?");
  const bo = await desk.agent("bo");
  const { id } = await bo.conversation("Support", customer.number);
  await desk.signIn(otherPage.context(), "bo");
  await otherPage.goto(`${desk.url}/conversations/${id}`);
  await otherPage.getByRole("combobox", { name: "Template" }).selectOption("Greeting");
  const message = otherPage.getByLabel("Message", { exact: true });
  await expect(message).toHaveValue(/^Hello {{name}}, /);
  const keyData = otherPage.getByRole("region", { name: /^Key data/ });
  await keyData.getByRole("button", { name: "Use in templates: S-2" }).click();
  await expect(message).toHaveValue(/^Hello Nadia New, /);
  await keyData.getByRole("button", { name: "Use in templates: S-1" }).click();
  await expect(message).toHaveValue(/^Hello Maria Jones, /);

  // In the next file the number is one customer's.
  await daily.bringIn("tuesday.csv", csv([row("S-2", "Nadia New"), ...customers(40)]));
  await expect(message).toHaveValue(/^Hello Nadia New, /);
});

test("who may not bring in daily files is told so", async ({ page, context, desk }) => {
  await desk.signIn(context, "ann");
  await page.goto("/daily-file");
  await expect(page.getByText("You need the permission “Upload daily files”")).toBeVisible();
  await expect(page.getByRole("link", { name: "Daily file" })).toBeHidden();
});
