// What one may not do is not on offer; and whoever comes by its address is told what is missing.

import type { AccountName } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";

const EVERYBODY = ["Conversations in progress", "Closed", "Opt-outs"];
const SUPERVISOR = ["Conversations in progress", "Closed", "Daily file", "Templates", "Closure reasons", "Opt-outs"];
const MENUS: Partial<Record<AccountName, string[]>> = {
  ann: EVERYBODY,
  cy: EVERYBODY,
  supervisor: SUPERVISOR,
  admin: [...SUPERVISOR, "Teams", "Accounts", "API keys", "Rejected messages"],
};

for (const [account, menu] of Object.entries(MENUS)) {
  test(`the menu holds what one may see: ${account}`, async ({ page, context, desk }) => {
    await desk.signIn(context, account as AccountName);
    await page.goto("/");
    await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link")).toHaveText(menu);
  });
}

test("a page that one may not see says which permission it needs, in the place of anything else", async ({
  page,
  context,
  desk,
}) => {
  await desk.signIn(context, "ann");
  const pages = {
    "/templates": ["Templates", "Manage templates and closure reasons"],
    "/closure-reasons": ["Closure reasons", "Manage templates and closure reasons"],
    "/teams": ["Teams", "Manage teams, accounts and API keys"],
    "/teams/1": ["Team", "Manage teams, accounts and API keys"],
    "/accounts": ["Accounts", "Manage teams, accounts and API keys"],
    "/api-keys": ["API keys", "Manage teams, accounts and API keys"],
    "/rejected-messages": ["Rejected messages", "Manage teams, accounts and API keys"],
  };
  for (const [address, [title, permission]] of Object.entries(pages)) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title!);
    const words = `You need the permission “${permission}” to see this page. Ask an administrator.`;
    await expect(page.getByText(words)).toBeVisible();
    await expect(page.getByRole("main").getByRole("button")).toHaveCount(0);
  }
});

test("who may neither answer nor close reads conversations, and is told why", async ({ page, context, desk }) => {
  const fay = await desk.newcomer({ permissions: ["view_reports"], teams: ["Support"] });
  await desk.signIn(context, fay);
  await page.goto("/");
  await page
    .getByRole("link", { name: /^Open conversation/ })
    .first()
    .click();
  await expect(page.getByText("You need the permission “Answer customers” to reply.")).toBeVisible();
  await expect(page.getByText("You need the permission “Close conversations” to close this conversation.")).toBeVisible();
  await expect(page.getByRole("main").getByRole("textbox")).toHaveCount(0);
});
