// Search by any part of a number, ref or name, with matches marked.

import type { Page } from "@playwright/test";

import { ConversationPage } from "../fixtures/conversation.ts";
import { requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

function rows(page: Page) {
  return page.getByRole("table", { name: "Conversations found" }).locator("tbody").getByRole("row");
}

test("/ opens the search, which finds part of a number in any format and marks it", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Is it mended?");
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await page.keyboard.press("/");
  const box = page.getByRole("searchbox", { name: "Number, ref or name" });
  await expect(box).toBeFocused();
  await expect(page.getByText("Type a number, a ref or a name.")).toBeVisible();
  const digits = customer.lastDigits;
  const local = customer.number.replace("+44", "0");
  for (const [typed, marked] of [
    [digits, digits],
    [`00 ${digits.slice(3)}`, null],
    [local, `7700 ${digits}`],
    [`${local.slice(0, 5)} ${digits.slice(0, 3)}-${digits.slice(3)}`, `7700 ${digits}`],
    [customer.displayNumber, customer.displayNumber.slice(1)],
    [`0044${customer.number.slice(3)}`, customer.displayNumber.slice(1)],
  ] as const) {
    await box.fill(typed);
    const row = rows(page).filter({ hasText: customer.displayNumber });
    await expect(row, typed).toHaveCount(1);
    if (marked) await expect(row.locator("mark")).toHaveText(marked);
  }
});

test("search finds refs and names in any case, and filters by team and status", async ({ page, server }) => {
  await server.openAs(page, "bo", "/search");
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

test("a search term of one letter or digit is too short and sends no request", async ({ page, server }) => {
  await server.openAs(page, "bo", "/search");
  const box = page.getByRole("searchbox");
  const main = page.getByRole("main");
  const sent = requestsTo(page, "GET", "/api/v1/search");
  for (const typed of ["a", "É", "7", " a "]) {
    await box.fill(typed);
    // Enter searches at once, without the delay after typing.
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

test("a name or ref is found and marked with any kind of apostrophe or hyphen", async ({ page, server }) => {
  await server.openAs(page, "bo", "/search");
  const box = page.getByRole("searchbox");
  await box.fill("\u202aMar\u00adi\u2019\u00c1\u202c");
  await expect(rows(page)).toHaveCount(2);
  await expect(page.locator("mark")).toHaveText(["Maria", "Maria"]);
  await box.fill("a\u2011100");
  await expect(page.locator("mark").first()).toHaveText("A-100");
});

test("a closed conversation can be found and read, and Back restores the search", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Thank you, that was all");
  const bo = await server.apiAs("bo");
  await bo.close((await bo.conversation("Support", customer.number)).id);
  const digits = customer.lastDigits;
  await server.openAs(page, "bo", "/search");
  await page.getByRole("searchbox").fill(digits);
  await page.getByLabel("Status").selectOption("Closed");
  await page.getByLabel("Team").selectOption("Support");
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(new RegExp(`/search\\?q=${digits}&status=closed&team=\\d+$`));
  const url = page.url();

  await rows(page)
    .getByRole("link", { name: /^Open conversation/ })
    .click();
  await expect(page.getByText(/^Closed by Bo/)).toBeVisible();
  const conversation = new ConversationPage(page);
  await expect(conversation.messages).toContainText("Thank you, that was all");
  await expect(conversation.box).toBeHidden();

  await page.goBack();
  await expect(page).toHaveURL(url);
  await expect(page.getByRole("searchbox")).toHaveValue(digits);
  await expect(page.getByLabel("Status")).toHaveValue("closed");
  await expect(rows(page).filter({ hasText: customer.displayNumber }).locator("mark")).toHaveText(digits);
});

test("a conversation that awaits the customer's first reply is found with that status", async ({ page, server }) => {
  const customer = server.customer("Claims");
  const cy = await server.apiAs("cy");
  const id = await cy.startConversation("Claims", customer.number, "Your claim is settled");
  await server.openAs(page, "cy", `/search?q=${customer.lastDigits}&status=pending`);
  await expect(rows(page).getByText("Awaiting reply")).toBeVisible();
  // An account in one team has no choice of team.
  await expect(page.getByLabel("Team")).toBeHidden();
  await rows(page)
    .getByRole("link", { name: /^Open conversation/ })
    .click();
  await expect(page).toHaveURL(`/conversations/${id}`);
  await expect(page.getByText(/^Started by an outbound message.* · Awaiting reply$/)).toBeVisible();
});

test("a failed search shows an error, and Retry searches again", async ({ page, server, browserErrors }) => {
  browserErrors.expect("net::ERR_FAILED", "/search");
  await server.openAs(page, "bo", "/search");
  await page.route("**/api/v1/search?*", (route) => route.abort());
  await page.getByRole("searchbox").fill("maria");
  const alert = page.getByRole("main").getByRole("alert");
  await expect(alert).toContainText("The server cannot be reached.");
  await page.unroute("**/api/v1/search?*");
  await alert.getByRole("button", { name: "Retry" }).click();
  await expect(rows(page)).toHaveCount(2);
});

test("an account without the search permission sees which permission it needs", async ({ page, server }) => {
  await server.openAs(page, "ann", "/search?q=maria");
  await expect(page.getByText("You need the permission “Search” to search. Ask an administrator.")).toBeVisible();
  await expect(page.getByRole("searchbox")).toBeHidden();
});
