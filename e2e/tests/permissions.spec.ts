// Permissions: the menu hides pages that the account cannot open, and their URLs show the missing permission.

import type { AccountName } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";

const AGENT_MENU = ["Conversations in progress", "Closed", "Opt-outs"];
const SUPERVISOR_MENU = [
  "Conversations in progress",
  "Closed",
  "Daily file",
  "Campaigns",
  "Export",
  "Templates",
  "Closure reasons",
  "Tags",
  "Webhooks",
  "Opt-outs",
];
const MENUS: Partial<Record<AccountName, string[]>> = {
  ann: AGENT_MENU,
  cy: AGENT_MENU,
  supervisor: SUPERVISOR_MENU,
  admin: [...SUPERVISOR_MENU, "Teams", "Accounts", "API keys", "Rejected messages", "Audit log"],
};

for (const [account, menu] of Object.entries(MENUS)) {
  test(`the menu lists exactly the pages that ${account} can open`, async ({ page, server }) => {
    await server.openAs(page, account as AccountName, "/");
    await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link")).toHaveText(menu);
  });
}

test("a page that the account cannot open shows only which permission it needs", async ({ page, server }) => {
  await server.signIn(page, "ann");
  const pages = {
    "/campaigns": ["Campaigns", "Send ad-hoc messages"],
    "/export": ["Export", "See reports, and export data"],
    "/templates": ["Templates", "Manage templates, closure reasons, tags and webhooks"],
    "/closure-reasons": ["Closure reasons", "Manage templates, closure reasons, tags and webhooks"],
    "/webhooks": ["Webhooks", "Manage templates, closure reasons, tags and webhooks"],
    "/tags": ["Tags", "Manage templates, closure reasons, tags and webhooks"],
    "/teams": ["Teams", "Manage teams, accounts and API keys"],
    "/teams/1": ["Team", "Manage teams, accounts and API keys"],
    "/accounts": ["Accounts", "Manage teams, accounts and API keys"],
    "/api-keys": ["API keys", "Manage teams, accounts and API keys"],
    "/rejected-messages": ["Rejected messages", "Manage teams, accounts and API keys"],
    "/audit": ["Audit log", "See the audit log"],
  };
  for (const [path, [title, permission]] of Object.entries(pages)) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title!);
    const explanation = `You need the permission “${permission}” to see this page. Ask an administrator.`;
    await expect(page.getByText(explanation)).toBeVisible();
    await expect(page.getByRole("main").getByRole("button")).toHaveCount(0);
  }
});

test("an account that can neither reply nor close can read conversations and sees why", async ({ page, server }) => {
  const fay = await server.createAccount({ permissions: ["view_reports"], teams: ["Support"] });
  await server.openAs(page, fay, "/");
  await page
    .getByRole("link", { name: /^Open conversation/ })
    .first()
    .click();
  await expect(page.getByText("You need the permission “Answer customers” to reply.")).toBeVisible();
  await expect(
    page.getByText("You need the permission “Close conversations” to close this conversation."),
  ).toBeVisible();
  await expect(page.getByRole("main").getByRole("textbox")).toHaveCount(0);
});
