// What becomes of a text after it was sent: a failure says why and what to do, and is sent again by one click.

import { type Page, expect } from "@playwright/test";

import { MESSAGES, loseAnswer } from "../fixtures/answers.ts";
import { Handset } from "../fixtures/handset.ts";
import { test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const OUT_OF_REACH = "The phone is off or out of reach. Try again later.";

const ours = (page: Page, body: string) =>
  page.getByRole("region", { name: "Messages" }).getByRole("listitem").filter({ hasText: body });

const again = (page: Page) => page.getByRole("button", { name: "Send again" });

/** A conversation in which a reply has failed. */
async function failing(stage: Parameters<typeof texting>[0], error_code = 30003) {
  const { page } = stage;
  const told = await texting(stage);
  await told[0].order({ fault: "fail", error_code });
  await page.getByRole("textbox", { name: "Message" }).fill("Friday is fine");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(ours(page, "Friday is fine")).toContainText("✕ not delivered");
  return told;
}

test("a text that a phone out of reach never got says so, and the conversation needs the agent again", async ({
  page,
  context,
  desk,
}) => {
  const [customer] = await texting({ page, context, desk });
  const handset = await Handset.open(context, desk);
  await handset.use(customer.number, "Collections");
  await handset.order("Phone off or out of reach (30003)");
  await page.getByRole("textbox", { name: "Message" }).fill("Friday is fine");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(ours(page, "Friday is fine")).toContainText("✕ not delivered");
  await expect(ours(page, "Friday is fine")).toContainText(OUT_OF_REACH);
  // Said once.
  await expect(page.getByText(OUT_OF_REACH)).toHaveCount(1);
  await expect(handset.bubble("Friday is fine")).toContainText("Never reached this phone: phone off or out of reach");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  const row = page.getByRole("row").filter({ hasText: customer.shown });
  await expect(row.getByRole("cell").nth(4)).toHaveText(new RegExp(`^Agent\\s*not delivered\\s*${OUT_OF_REACH}$`));
});

test("a failed text is sent again by one click, however often it is clicked, and the draft stays", async ({
  page,
  context,
  desk,
}) => {
  const [customer] = await failing({ page, context, desk });
  const box = page.getByRole("textbox", { name: "Message" });
  await box.fill("Half a thought");
  await again(page).dblclick();
  await expect(ours(page, "Friday is fine")).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  await expect(again(page)).toBeHidden();
  await expect(box).toHaveValue("Half a thought");
  expect((await customer.received()).map((text) => text.status)).toEqual(["undelivered", "delivered"]);
  await page.reload();
  await expect(ours(page, "Friday is fine")).toHaveCount(2);
  await expect(again(page)).toBeHidden();
});

test("what was wrong with a text is no news of the conversation once the next one is on its way", async ({
  page,
  context,
  desk,
}) => {
  const [customer] = await failing({ page, context, desk });
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  const row = page.getByRole("row").filter({ hasText: customer.shown });
  await expect(row).toContainText("not delivered");
  await row.getByRole("link").last().click();
  await customer.order({ fault: "latency", ms: 9000 });
  await again(page).click();
  await expect(ours(page, "Friday is fine").last()).toContainText("sending");
  await page.getByRole("link", { name: "Conversations in progress" }).click();
  await expect(row).toContainText("Customer");
  await expect(row).not.toContainText("not delivered");
});

test("sent again in two tabs at once, a failed text is one more text", async ({ page, context, desk }) => {
  const [customer, id] = await failing({ page, context, desk });
  const other = await context.newPage();
  await other.goto(`/conversations/${id}`);
  await expect(again(other)).toBeVisible();
  await Promise.all([again(page).click(), again(other).click()]);
  for (const tab of [page, other])
    await expect(ours(tab, "Friday is fine")).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.received()).toHaveLength(2);
});

test("a second try whose answer got lost is one text", async ({ page, context, desk, problems }) => {
  problems.expect("net::ERR_FAILED", "/messages");
  const [customer] = await failing({ page, context, desk });
  // The news of it would show what has happened: the agent is quicker, and has no live stream either.
  await page.route("**/api/v1/conversations/*/messages?*", (route) => route.abort());
  await loseAnswer(page, MESSAGES);
  await again(page).click();
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await again(page).click();
  await expect(ours(page, "Friday is fine")).toHaveCount(2);
  await page.unroute("**/api/v1/conversations/*/messages?*");
  await page.reload();
  await expect(ours(page, "Friday is fine")).toHaveText([/✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.received()).toHaveLength(2);
});

test("a second try that fails as well can be tried a third time", async ({ page, context, desk }) => {
  const [customer] = await failing({ page, context, desk });
  await customer.order({ fault: "fail", error_code: 30003 });
  await again(page).click();
  await expect(ours(page, "Friday is fine")).toHaveText([/✕ not delivered/, /✕ not delivered/]);
  await again(page).click();
  await expect(ours(page, "Friday is fine")).toHaveText([/✕ not delivered/, /✕ not delivered/, /✓✓ delivered/]);
  expect(await customer.received()).toHaveLength(3);
});

test("a second try is held when the customer has written meanwhile", async ({ page, context, desk, problems }) => {
  problems.expect(409, "/messages");
  const [customer] = await failing({ page, context, desk });
  await page.route(
    MESSAGES,
    async (route) => {
      await customer.text("Forget it, I have paid");
      await route.continue();
    },
    { times: 1 },
  );
  await again(page).click();
  await expect(page.getByText("Not sent: new messages arrived.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Forget it, I have paid");
  expect(await customer.received()).toHaveLength(1);
  await again(page).click();
  await expect(ours(page, "Friday is fine")).toHaveCount(2);
});

test("where it makes no sense, nothing is offered: a landline, a closed conversation, an opt-out", async ({
  page,
  context,
  desk,
}) => {
  await failing({ page, context, desk }, 30006);
  await expect(page.getByText("Reach them another way.").first()).toBeVisible();
  await expect(again(page)).toBeHidden();

  const [, id] = await failing({ page, context, desk });
  await expect(again(page)).toBeVisible();
  await (await desk.agent("bo")).close(id);
  await expect(page.getByText(/^Closed by Bo/)).toBeVisible();
  await expect(again(page)).toBeHidden();

  const [customer] = await failing({ page, context, desk });
  await expect(again(page)).toBeVisible();
  await customer.text("STOP");
  await expect(page.getByText("You cannot send them messages.")).toBeVisible();
  await expect(again(page)).toBeHidden();
});
