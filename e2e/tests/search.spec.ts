// Search: by any part of a number, a ref or a name, with what was found marked, and Back leading to it again.

import type { Page } from "@playwright/test";

import { requestsTo } from "../fixtures/requests.ts";
import { expect, test } from "../fixtures/test.ts";

function rows(page: Page) {
  return page.getByRole("table", { name: "Conversations found" }).locator("tbody").getByRole("row");
}

test("/ leads to the search, which finds a part of a number however it is typed, and marks it", async ({
  page,
  context,
  desk,
}) => {
  const customer = desk.customer("Support");
  await customer.text("Is it mended?");
  await desk.signIn(context, "bo");
  await page.goto("/");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.keyboard.press("/");
  const box = page.getByRole("searchbox", { name: "Number, ref or name" });
  await expect(box).toBeFocused();
  await expect(page.getByText("Type a number, a ref or a name.")).toBeVisible();
  const digits = customer.number.slice(-6);
  const local = customer.number.replace("+44", "0");
  for (const [typed, marked] of [
    [digits, digits],
    [`00 ${digits.slice(3)}`, null],
    [local, `7700 ${digits}`],
    [`${local.slice(0, 5)} ${digits.slice(0, 3)}-${digits.slice(3)}`, `7700 ${digits}`],
    [customer.shown, customer.shown.slice(1)],
    [`0044${customer.number.slice(3)}`, customer.shown.slice(1)],
  ] as const) {
    await box.fill(typed);
    const row = rows(page).filter({ hasText: customer.shown });
    await expect(row, typed).toHaveCount(1);
    if (marked) await expect(row.locator("mark")).toHaveText(marked);
  }
});

test("search finds refs and names in any case, narrowed down by team and status", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/search");
  const box = page.getByRole("searchbox");
  await box.fill("maria");
  await expect(rows(page)).toHaveCount(2);
  await expect(page.getByText("2 conversations")).toBeVisible();
  await expect(page.locator("mark")).toHaveText(["Maria", "Maria"]);
  await page.getByLabel("Team").selectOption("Support");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).getByRole("cell").nth(3)).toHaveText("Support");
  await page.getByLabel("Team").selectOption("Any team");
  await box.fill("a-100");
  await expect(page.locator("mark").first()).toHaveText("A-100");
  await page.getByLabel("Status").selectOption("Closed");
  for (const other of ["In progress", "Awaiting reply"]) await expect(rows(page).getByText(other)).toHaveCount(0);
  await expect(rows(page).getByText("Closed").first()).toBeVisible();
  await box.fill("nobody at all");
  await expect(page.getByText("No matches in the past 90 days.")).toBeVisible();
});

test("one letter or digit says that it is too short, without a request", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/search");
  const box = page.getByRole("searchbox");
  const main = page.getByRole("main");
  const sent = requestsTo(page, "GET", "/api/v1/search");
  for (const typed of ["a", "É", "7", " a "]) {
    await box.fill(typed);
    // Searches at once, without the pause after typing.
    await box.press("Enter");
    await expect(main).toContainText("Type at least 2 characters");
    await box.fill("");
    await expect(main).toContainText("Type a number, a ref or a name.");
  }
  await box.fill("李");
  await expect(main).toContainText("No matches in the past 90 days.");
  await box.fill("maria");
  await expect(rows(page)).toHaveCount(2);
  const terms = sent.map((query) => new URLSearchParams(query).get("q"));
  expect(terms).toEqual(["李", "maria"]);
  await box.fill("m");
  await expect(main).toContainText("Type at least 2 characters");
  await expect(rows(page)).toHaveCount(0);
});

test("a name is found and marked whichever apostrophe and hyphen were typed", async ({ page, context, desk }) => {
  await desk.signIn(context, "bo");
  await page.goto("/search");
  const box = page.getByRole("searchbox");
  await box.fill("\u202aMar\u00adi\u2019\u00c1\u202c");
  await expect(rows(page)).toHaveCount(2);
  await expect(page.locator("mark")).toHaveText(["Maria", "Maria"]);
  await box.fill("a\u2011100");
  await expect(page.locator("mark").first()).toHaveText("A-100");
});

test("a closed conversation is found and read, and Back finds it again", async ({ page, context, desk }) => {
  const customer = desk.customer("Support");
  await customer.text("Thank you, that was all");
  const bo = await desk.agent("bo");
  await bo.close((await bo.conversation("Support", customer.number)).id);
  const digits = customer.number.slice(-6);
  await desk.signIn(context, "bo");
  await page.goto("/search");
  await page.getByRole("searchbox").fill(digits);
  await page.getByLabel("Status").selectOption("Closed");
  await page.getByLabel("Team").selectOption("Support");
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(new RegExp(`/search\\?q=${digits}&status=closed&team=\\d+$`));
  const address = page.url();

  await rows(page).getByRole("link", { name: /^Open conversation/ }).click();
  await expect(page.getByText(/^Closed by Bo/)).toBeVisible();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Thank you, that was all");
  await expect(page.getByRole("textbox", { name: "Message" })).toBeHidden();

  await page.goBack();
  await expect(page).toHaveURL(address);
  await expect(page.getByRole("searchbox")).toHaveValue(digits);
  await expect(page.getByLabel("Status")).toHaveValue("closed");
  await expect(rows(page).filter({ hasText: customer.shown }).locator("mark")).toHaveText(digits);
});

test("an ad-hoc message that awaits its reply is found as such", async ({ page, context, desk }) => {
  const customer = desk.customer("Claims");
  const cy = await desk.agent("cy");
  const id = await cy.begin("Claims", customer.number, "Your claim is settled");
  await desk.signIn(context, "cy");
  await page.goto(`/search?q=${customer.number.slice(-6)}&status=pending`);
  await expect(rows(page).getByText("Awaiting reply")).toBeVisible();
  // Of one team only, there is nothing to choose.
  await expect(page.getByLabel("Team")).toBeHidden();
  await rows(page).getByRole("link", { name: /^Open conversation/ }).click();
  await expect(page).toHaveURL(`/conversations/${id}`);
  await expect(page.getByText(/^Started by an outbound message.* · Awaiting reply$/)).toBeVisible();
});

test("a search that failed says so, and Retry finds", async ({ page, context, desk, problems }) => {
  problems.expect("net::ERR_FAILED", "/search");
  await desk.signIn(context, "bo");
  await page.goto("/search");
  await page.route("**/api/v1/search?*", (route) => route.abort());
  await page.getByRole("searchbox").fill("maria");
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  await page.unroute("**/api/v1/search?*");
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(rows(page)).toHaveCount(2);
});

test("who may not search is told so", async ({ page, context, desk }) => {
  await desk.signIn(context, "ann");
  await page.goto("/search?q=maria");
  await expect(
    page.getByText("You need the permission “Search” to search. Ask an administrator."),
  ).toBeVisible();
  await expect(page.getByRole("searchbox")).toBeHidden();
});
