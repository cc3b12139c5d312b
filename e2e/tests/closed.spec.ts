// Closed conversations: the list, and what becomes of a page whose conversation somebody else closes.

import { expect, test } from "../fixtures/test.ts";
import { texting } from "../fixtures/texting.ts";

const COLUMNS = ["Ref", "Name", "Number", "Closed", "Reason", "By", "Link"];

test("closed conversations stand per team, the newest first, and open read-only", async ({ page, context, desk }) => {
  const customers = [desk.customer("Support"), desk.customer("Support")];
  const bo = await desk.agent("bo");
  for (const customer of customers) {
    await customer.text("Thank you, that was all");
    await bo.close((await bo.conversation("Support", customer.number)).id, "Glad to help");
  }
  await desk.signIn(context, "bo");
  await page.goto("/closed");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Collections", "Support"]);
  const support = page.getByRole("region", { name: "Support" });
  await expect(support.getByRole("columnheader")).toHaveText(COLUMNS);
  for (const [place, customer] of [...customers].reverse().entries()) {
    await expect(
      support
        .getByRole("row")
        .nth(place + 1)
        .getByRole("cell"),
    ).toHaveText(["–", "–", customer.shown, /^\d+ \w+ \d\d:\d\d$/, "No further reply", "Bo", /Open/]);
  }
  const expected = (await bo.closed("Support")).map(({ id }) => `/conversations/${id}`);
  const links = support.getByRole("link", { name: /^Open/ });
  await expect(links).toHaveCount(expected.length);
  expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")))).toEqual(expected);

  await links.first().click();
  await expect(page.getByText(/^Closed by Bo on .* · No further reply · Glad to help$/)).toBeVisible();
  await expect(page.getByRole("region", { name: "Messages" })).toContainText("Thank you, that was all");
  await expect(page.getByRole("textbox", { name: "Message" })).toBeHidden();
});

test("a conversation that somebody else closes becomes read-only at once, and keeps what was typed", async ({
  page,
  context,
  desk,
}) => {
  const [, id] = await texting({ page, context, desk }, "Is it mended?", "Support", "supervisor");
  await page.getByRole("textbox", { name: "Message" }).fill("Yes, since noon.");
  await (await desk.agent("bo")).close(id);
  await expect(page.getByText(/^Closed by Bo on .* · No further reply$/)).toBeVisible();
  await expect(page.getByText("Not sent: Yes, since noon.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeHidden();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByText("Not sent:")).toBeHidden();
});

test("a closed conversation leaves the queue without a reload", async ({ page, context, desk }) => {
  const customer = desk.customer("Support");
  await customer.text("Thank you, that was all");
  const bo = await desk.agent("bo");
  await desk.signIn(context, "bo");
  await page.goto("/");
  const row = page.getByRole("row").filter({ hasText: customer.shown });
  await expect(row).toBeVisible();
  await bo.close((await bo.conversation("Support", customer.number)).id);
  await expect(row).toBeHidden();
});

test("two agents who close at the same moment are told who was first", async ({ page, context, desk, problems }) => {
  problems.expect(409, "/closure");
  const [, id] = await texting({ page, context, desk }, "Thank you, that was all", "Support", "supervisor");
  const bo = await desk.agent("bo");
  await page.getByLabel("Reason").selectOption("Solved");
  await page.route("**/closure", async (route) => {
    await bo.close(id);
    await route.continue();
  });
  await page.getByRole("button", { name: "Close conversation" }).click();
  await expect(page.getByText("A colleague has closed this conversation.")).toBeVisible();
  await expect(page.getByText(/^Closed by Bo on .* · No further reply$/)).toBeVisible();
});
