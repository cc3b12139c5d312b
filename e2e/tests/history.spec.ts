// The history (rule 23): a customer's earlier conversations stand above the current one.

import type { Page } from "@playwright/test";

import type { ApiClient } from "../fixtures/api-client.ts";
import { ConversationPage } from "../fixtures/conversation.ts";
import type { Customer } from "../fixtures/customer.ts";
import { expect, test } from "../fixtures/test.ts";

/** Holds a conversation with Support and closes it. Returns its id. */
async function hold(customer: Customer, agent: ApiClient, texts: string[], note?: string): Promise<number> {
  for (const text of texts) await customer.send(text);
  const { id } = await agent.conversation("Support", customer.number);
  await agent.reply(id, `Re: ${texts.at(-1)}`);
  await agent.close(id, note);
  return id;
}

/** A bar that ends an earlier conversation. */
const bars = (page: Page) => page.getByRole("link", { name: /^Closed \d+ \w+ · No further reply · by Bo$/ });

test("earlier conversations stand above the current one, each with a bar that links to it", async ({
  page,
  server,
}) => {
  const customer = server.customer("Support");
  const bo = await server.apiAs("bo");
  const first = await hold(customer, bo, ["My boiler is cold"], "Engineer came");
  const second = await hold(customer, bo, ["It is cold again"]);
  await customer.send("And now it leaks");
  const { id } = await bo.conversation("Support", customer.number);
  await server.openAs(page, "bo", `/conversations/${id}`);
  const conversation = new ConversationPage(page);

  await expect(conversation.messages.getByRole("listitem")).toContainText([
    "My boiler is cold",
    "Re: My boiler is cold",
    "It is cold again",
    "Re: It is cold again",
    "And now it leaks",
  ]);
  await expect(conversation.message("And now it leaks")).toBeInViewport();
  const groups = conversation.messages.getByRole("group", { name: /^Earlier conversation, closed \d+ \w+$/ });
  await expect(groups).toHaveCount(2);
  await expect(groups.first()).toContainText("Engineer came");
  await expect(bars(page)).toHaveCount(2);
  await expect(bars(page).first()).toHaveAttribute("href", `/conversations/${first}`);
  await expect(conversation.messages.getByRole("button", { name: "Earlier messages" })).toBeHidden();

  await test.step("the page of a closed conversation shows what was before it, and nothing that came after", async () => {
    await bars(page).last().click();
    await expect(page).toHaveURL(`/conversations/${second}`);
    await expect(conversation.messages.getByRole("listitem")).toContainText([
      "My boiler is cold",
      "Re: My boiler is cold",
      "It is cold again",
      "Re: It is cold again",
    ]);
    await expect(bars(page)).toHaveCount(1);
    await expect(page.getByText("This conversation is read-only.")).toBeVisible();
  });
});

test("a failed message of an earlier conversation cannot be sent again", async ({ page, server }) => {
  const customer = server.customer("Support");
  const bo = await server.apiAs("bo");
  await customer.send("Hello?");
  const { id } = await bo.conversation("Support", customer.number);
  await customer.injectFault({ fault: "fail", error_code: 30003 });
  await bo.reply(id, "Good morning");
  await server.openAs(page, "bo", `/conversations/${id}`);
  const conversation = new ConversationPage(page);
  await expect(conversation.sendAgain).toBeVisible();
  await bo.close(id);
  await customer.send("Still there?");
  const next = await bo.conversation("Support", customer.number);
  await page.goto(`/conversations/${next.id}`);
  await expect(conversation.message("Good morning")).toContainText("not delivered");
  await expect(conversation.sendAgain).toBeHidden();
});

test("a long history is loaded upwards, and the messages in view stay where they are", async ({ page, server }) => {
  const customer = server.customer("Support");
  const bo = await server.apiAs("bo");
  for (let n = 1; n <= 4; n++) {
    await hold(
      customer,
      bo,
      Array.from({ length: 22 }, (_, index) => `Question ${n}.${index + 1}.`),
    );
  }
  await customer.send("One more thing");
  const { id } = await bo.conversation("Support", customer.number);
  await server.openAs(page, "bo", `/conversations/${id}`);
  const conversation = new ConversationPage(page);
  await expect(conversation.message("One more thing")).toBeInViewport();
  const rows = conversation.messages.getByRole("listitem");
  await expect(rows).toHaveCount(51);
  const more = conversation.messages.getByRole("button", { name: "Earlier messages" });
  await expect(more).toBeAttached();

  await test.step("scrolling near the top fetches the page before", async () => {
    // The 46 messages of conversations 3 and 4 leave four of conversation 2, which the next page continues.
    const anchor = conversation.message("Question 2.21.");
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/history?*before=*", async (route) => {
      await released;
      await route.continue();
    });
    const requested = page.waitForRequest("**/history?*before=*");
    await anchor.evaluate((row) => row.scrollIntoView({ block: "start" }));
    await requested;
    // Waits until the scrolled rows have their real heights.
    await expect.poll(() => anchor.boundingBox()).toEqual(await anchor.boundingBox());
    const before = await anchor.boundingBox();
    release();
    await expect(rows).toHaveCount(93);
    await expect(more).toBeHidden();
    await expect.poll(async () => Math.abs(((await anchor.boundingBox())?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
    await expect(bars(page)).toHaveCount(4);
  });
  await expect(rows.first()).toContainText("Question 1.1.");
  await expect(rows.last()).toContainText("One more thing");
});
