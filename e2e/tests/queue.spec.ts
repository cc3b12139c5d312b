// The queue of conversations in progress: its rows and order, and new rows that wait until the agent is ready.

import type { Locator, Page } from "@playwright/test";

import type { Conversation } from "../fixtures/api-client.ts";
import { fillQueue, rows } from "../fixtures/lists.ts";
import { expectLive, requestsTo } from "../fixtures/network.ts";
import { expect, test } from "../fixtures/test.ts";

const COLUMNS = ["Ref", "Name", "Number", "Last Message", "Next Action", "Link"];

function section(page: Page, team: string): Locator {
  return page.getByRole("region", { name: team, exact: true });
}

/** The team whose section a query string asks for; null for the whole queue. */
function teamOf(query: string): string | null {
  return new URLSearchParams(query).get("team_id");
}

test("an agent of two teams sees a section for each, with counts and the columns in order", async ({
  page,
  server,
}) => {
  await server.openAs(page, "bo", "/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  for (const team of ["Collections", "Support"]) {
    await expect(section(page, team).getByRole("columnheader")).toHaveText(COLUMNS);
    const teamRows = rows(section(page, team));
    const agent = await teamRows.getByText("Agent", { exact: true }).count();
    const customer = await teamRows.getByText("Customer", { exact: true }).count();
    await expect(section(page, team)).toContainText(`${agent} waiting for a reply · ${customer} with the customer`);
  }
});

test("conversations that need the agent come first, ordered by how long they have waited", async ({ page, server }) => {
  const first = server.customer("Support");
  await first.send("I was first");
  await server.customer("Support").send("I was second");
  await first.send("Hello? I was first");
  await server.openAs(page, "bo", "/");
  const queueOrder = (a: Conversation, b: Conversation) =>
    `${a.next_action} ${a.waiting_since}`.localeCompare(`${b.next_action} ${b.waiting_since}`) || a.id - b.id;
  const queue = await (await server.apiAs("bo")).queue("Support");
  const expected = [...queue].sort(queueOrder).map(({ id }) => new RegExp(`/conversations/${id}$`));
  await expect(rows(section(page, "Support"))).toHaveCount(expected.length);
  const links = await section(page, "Support")
    .getByRole("link", { name: /^Open conversation/ })
    .all();
  for (const [index, url] of expected.entries()) await expect(links[index]!).toHaveAttribute("href", url);
});

test("a customer in no daily file has no ref or name, and the link opens the conversation", async ({
  page,
  server,
}) => {
  const customer = server.customer("Support");
  await customer.send("Do you cover EH1?");
  await server.openAs(page, "bo", "/");
  const row = rows(page).filter({ hasText: customer.displayNumber });
  await expect(row.getByRole("cell")).toHaveText(["–", "–", customer.displayNumber, "just now", /^Agent/, /^Open/]);
  await row.getByRole("link", { name: `Open conversation with ${customer.displayNumber}` }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(customer.displayNumber);
  await expect(page.getByText("This number is not in the current daily file")).toBeVisible();
});

test("new rows are held while the pointer is over the list, until R is pressed or it leaves", async ({
  page,
  server,
}) => {
  await server.openAs(page, "bo", "/");
  await rows(section(page, "Support")).first().hover();
  const [first, second] = [server.customer("Support"), server.customer("Support")];

  await first.send("Anybody there?");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(rows(page).filter({ hasText: first.displayNumber })).toBeHidden();
  await page.keyboard.press("r");
  await expect(rows(page).filter({ hasText: first.displayNumber })).toBeVisible();
  await expect(page.getByRole("button", { name: /new/ })).toBeHidden();

  await second.send("Anybody there?");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await expect(rows(page).filter({ hasText: second.displayNumber })).toBeHidden();
  await page.getByRole("heading", { level: 1 }).hover();
  await expect(rows(page).filter({ hasText: second.displayNumber })).toBeVisible();
});

test("new rows of two teams are held together", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  await rows(section(page, "Support")).first().hover();
  const [first, second] = [server.customer("Collections"), server.customer("Support")];
  await first.send("Anybody there?");
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await second.send("Anybody there?");
  await expect(page.getByRole("button", { name: "2 new" })).toBeVisible();
  await page.keyboard.press("r");
  for (const customer of [first, second]) {
    await expect(rows(page).filter({ hasText: customer.displayNumber })).toBeVisible();
  }
});

test("new rows are held while the focus is in the list, and a button shows them", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  const link = section(page, "Support").getByRole("link").first();
  await link.focus();
  const customer = server.customer("Support");
  await customer.send("Anybody there?");
  const button = page.getByRole("button", { name: "1 new" });
  await expect(button).toBeVisible();
  await expect(rows(page).filter({ hasText: customer.displayNumber })).toBeHidden();
  await button.click();
  await expect(rows(page).filter({ hasText: customer.displayNumber })).toBeVisible();
});

test("a colleague's reply changes the row's next action to the customer", async ({ page, server }) => {
  const customer = server.customer("Support");
  await customer.send("Is it mended?");
  const bo = await server.apiAs("bo");
  await server.openAs(page, "bo", "/");
  const row = rows(page).filter({ hasText: customer.displayNumber });
  await expect(row).toContainText("Agent");
  await bo.reply((await bo.conversation("Support", customer.number)).id, "Yes, since noon.");
  await expect(row).toContainText("Customer");
});

test("a row that the focus keeps in its place shows its new state there", async ({ page, server }) => {
  const [first, second] = [server.customer("Support"), server.customer("Support")];
  await first.send("Is it mended?");
  await second.send("Mine is broken, too");
  const bo = await server.apiAs("bo");
  const { id } = await bo.conversation("Support", first.number);
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const row = rows(page).filter({ hasText: first.displayNumber });
  await row.getByRole("link", { name: /^Open conversation/ }).focus();
  const place = async () => (await rows(page).allTextContents()).findIndex((text) => text.includes(first.displayNumber));
  const before = await place();
  await bo.reply(id, "Yes, since noon.");
  await expect(row).toContainText("Customer");
  expect(await place()).toBe(before);
  await page.getByRole("button", { name: "1 moved" }).click();
  await expect.poll(place).toBeGreaterThan(before);
});

test("an event fetches only the section of its team, and the other sections stay", async ({
  page,
  freshServer: server,
}) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const showNewRow = async (team: "Collections" | "Support") => {
    const customer = server.customer(team);
    await customer.send("Any news?");
    await expect(rows(section(page, team)).filter({ hasText: customer.displayNumber })).toBeVisible();
    return customer;
  };
  // Once this row is shown, the fetches of the whole queue at the start are over.
  const first = await showNewRow("Collections");
  const queries = requestsTo(page, "GET", "/api/v1/queue");
  const { team_id } = await (await server.apiAs("bo")).conversation(
    "Support",
    (await showNewRow("Support")).number,
  );
  await expect(rows(section(page, "Collections")).filter({ hasText: first.displayNumber })).toBeVisible();
  expect(queries.filter((query) => teamOf(query) === `${team_id}`)).toHaveLength(1);
  expect(queries.map(teamOf)).not.toContain(null);
});

test("an event of a team that the agent is not in fetches nothing", async ({ page, server }) => {
  await server.openAs(page, "cy", "/");
  await expectLive(page);
  const showNewRow = async () => {
    const customer = server.customer("Claims");
    await customer.send("Any news?");
    await expect(rows(page).filter({ hasText: customer.displayNumber })).toBeVisible();
    return (await (await server.apiAs("cy")).conversation("Claims", customer.number)).team_id;
  };
  const team = await showNewRow();
  const queries = requestsTo(page, "GET", "/api/v1/queue");
  await server.customer("Support").send("Any news?");
  await showNewRow();
  expect(new Set(queries.map(teamOf))).toEqual(new Set([`${team}`]));
});

test("a section that an event leaves as it is is not sent again", async ({ page, server }) => {
  await server.openAs(page, "bo", "/");
  await expectLive(page);
  const customer = server.customer("Support");
  await customer.send("Any news?");
  const row = rows(section(page, "Support")).filter({ hasText: customer.displayNumber });
  await expect(row).toBeVisible();
  const statuses: number[] = [];
  page.on("response", (response) => {
    if (response.url().includes("/api/v1/queue?team_id=")) statuses.push(response.status());
  });
  const bo = await server.apiAs("bo");
  await bo.reply((await bo.conversation("Support", customer.number)).id, "We are looking into it.");
  await expect(row).toContainText("Customer");
  // The receipts change the message, but not its conversation's row.
  await expect.poll(() => statuses).toContain(304);
  await expect(row).toContainText("Customer");
});

test("Show more shows the rest of a long section, with each conversation once", async ({ page, freshServer }) => {
  const total = 60;
  await fillQueue(freshServer, total);
  await freshServer.openAs(page, "cy", "/");
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("button", { name: "Show more of Claims" }).click();
  await expect(rows(page)).toHaveCount(total);
  await expect(page.getByRole("button", { name: /Show more/ })).toBeHidden();
  const urls = await page
    .getByRole("link", { name: /^Open conversation/ })
    .evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  expect(new Set(urls).size).toBe(total);
});

test("an empty queue says so, and the next message appears in it", async ({ page, freshServer }) => {
  const cy = await freshServer.apiAs("cy");
  for (const { id } of await cy.queue("Claims")) await cy.close(id);
  await freshServer.openAs(page, "cy", "/");
  await expect(page.getByText("No conversations in progress")).toBeVisible();
  await expect(section(page, "Claims")).toContainText("0 waiting for a reply · 0 with the customer");
  await freshServer.customer("Claims").send("Any news?");
  await expect(rows(page)).toHaveCount(1);
  await expect(section(page, "Claims")).toContainText("1 waiting for a reply · 0 with the customer");
  await expect(page.getByText("No conversations in progress")).toBeHidden();
});
