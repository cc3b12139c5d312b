// Permissions: the menu hides pages that the account cannot open, and their URLs show the missing permission.

import type { AccountName } from "../fixtures/demo.ts";
import { expect, test } from "../fixtures/test.ts";

const AGENT_MENU = ["Conversations in progress", "Closed", "Opt-outs"];
const SUPERVISOR_MENU = ["Conversations in progress", "Closed", "Daily file", "Campaigns", "Export", "Opt-outs"];
const SUPERVISOR_SETTINGS = ["Templates", "Closure reasons", "Tags", "Webhooks"];
const ADMIN_SETTINGS = [...SUPERVISOR_SETTINGS, "Teams", "Accounts", "API keys", "Rejected messages", "Audit log"];
/** The entries of the menu, and those under "Settings". */
const MENUS: Partial<Record<AccountName, [string[], string[]]>> = {
  ann: [AGENT_MENU, []],
  cy: [AGENT_MENU, []],
  supervisor: [SUPERVISOR_MENU, SUPERVISOR_SETTINGS],
  admin: [SUPERVISOR_MENU, ADMIN_SETTINGS],
};

for (const [account, [menu, settings]] of Object.entries(MENUS)) {
  test(`the menu lists exactly the pages that ${account} can open`, async ({ page, server }) => {
    await server.openAs(page, account as AccountName, "/");
    const links = page.getByRole("navigation", { name: "Main" }).getByRole("link");
    await expect(links).toHaveText(menu);
    const button = page.getByRole("button", { name: "Settings" });
    await expect(button).toHaveCount(settings.length > 0 ? 1 : 0);
    if (settings.length > 0) {
      await button.click();
      await expect(links).toHaveText([...menu, ...settings]);
    }
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
