// Accounts: administrators create, edit and disable them, and at least one administrator always remains.

import { AccountsPage, fillIdentity } from "../fixtures/accounts.ts";
import { expectLive } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

/** Time within which an open page is signed out, on a machine that is busy with other tests. */
const SIGN_OUT_TIMEOUT_MS = 2_000;
const AGENT_ACCESS = { permissions: ["reply", "close"], teams: ["Support" as const] };

test("a disabled account is signed out at once, and can sign in again once it is enabled", async ({
  page,
  server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  const fay = await server.createAccount(AGENT_ACCESS);
  await server.openAs(otherPage, fay, "/");
  await expectLive(otherPage);
  const accounts = await AccountsPage.openAsAdmin(page, server);
  await expect(await accounts.disable(fay.name)).toBeHidden();
  const signInPage = new SignInPage(otherPage);
  await expect(signInPage.heading).toBeVisible({ timeout: SIGN_OUT_TIMEOUT_MS });
  await expect(accounts.row(fay.name)).toContainText(/Disabled since \d+ \w+ \d\d:\d\d/);
  await signInPage.signIn(fay);
  await expect(signInPage.alert).toContainText("Wrong e-mail or password.");

  await accounts
    .row(fay.name)
    .getByRole("button", { name: `Enable ${fay.name}` })
    .click();
  await page.getByRole("button", { name: "Enable account" }).click();
  await expect(accounts.row(fay.name)).toContainText("Active");
  await signInPage.signIn(fay);
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
});

test("the last administrator can neither be disabled nor get another role", async ({
  page,
  freshServer: server,
  browserErrors,
}) => {
  browserErrors.expect(409, "/api/v1/accounts/");
  const refusal = "This is the last administrator. Make another account an administrator first.";
  const accounts = await AccountsPage.openAsAdmin(page, server);
  const confirmation = await accounts.disable("Alex Admin");
  await expect(confirmation.getByRole("alert")).toContainText(refusal);
  await confirmation.getByRole("button", { name: "Cancel" }).click();
  await expect(accounts.row("Alex Admin")).toContainText("Active");

  const dialog = await accounts.openEdit("Alex Admin");
  await dialog.getByRole("radio", { name: "Supervisor" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: refusal })).toBeVisible();
  await expect(dialog.getByRole("radio", { name: "Supervisor" })).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(accounts.row("Alex Admin")).toContainText("Administrator");
});

test("a password set by an administrator replaces the old one and ends the account's sessions", async ({
  page,
  server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  const fay = await server.createAccount(AGENT_ACCESS);
  await server.openAs(otherPage, fay, "/");
  await expectLive(otherPage);
  const accounts = await AccountsPage.openAsAdmin(page, server);
  await accounts.setPassword(fay.name, "another row of words");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText(`${fay.name} has a new password.`);
  const signInPage = new SignInPage(otherPage);
  await expect(signInPage.heading).toBeVisible({ timeout: SIGN_OUT_TIMEOUT_MS });
  await signInPage.signIn(fay);
  await expect(signInPage.alert).toContainText("Wrong e-mail or password.");
  await signInPage.signIn({ email: fay.email, password: "another row of words" });
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
});

test("choosing a role selects its permissions, and single permissions can be removed", async ({ page, server }) => {
  const name = server.uniqueName("Hal");
  const accounts = await AccountsPage.openAsAdmin(page, server);
  const dialog = await accounts.openNew();
  const permissions = dialog.getByRole("group", { name: "Permissions" });
  const checked = permissions.getByRole("checkbox", { checked: true });
  await expect(dialog.getByRole("radio", { name: "Agent" })).toBeChecked();
  await expect(checked).toHaveCount(2);
  await dialog.getByRole("radio", { name: "Administrator" }).check();
  await expect(checked).toHaveCount(9);
  await expect(permissions.getByRole("checkbox", { disabled: true })).toHaveCount(9);
  await dialog.getByRole("radio", { name: "Supervisor" }).check();
  await expect(checked).toHaveCount(7);
  await permissions.getByRole("checkbox", { name: "Search" }).uncheck();
  await fillIdentity(dialog, { name, email: "hal@example.com", password: "four words in a row" });
  await dialog.getByRole("checkbox", { name: "Claims" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(accounts.row(name).getByRole("cell")).toHaveText([
    name,
    "hal@example.com",
    "Supervisor",
    "Claims",
    "Active",
    /Edit.*Password.*Disable/,
  ]);
  const editDialog = await accounts.openEdit(name);
  await expect(editDialog.getByRole("radio", { name: "Supervisor" })).toBeChecked();
  await expect(editDialog.getByRole("checkbox", { name: "Search" })).not.toBeChecked();
  await expect(editDialog.getByRole("checkbox", { name: "Send ad-hoc messages" })).toBeChecked();
});

test("granting or removing a permission takes effect at once, without signing in again", async ({
  page,
  server,
  otherPage,
}) => {
  const fay = await server.createAccount(AGENT_ACCESS);
  await server.openAs(otherPage, fay, "/");
  const button = otherPage.getByRole("button", { name: "Ad-hoc: Support" });
  await expect(otherPage.getByRole("row").nth(1)).toBeVisible();
  await expect(button).toBeHidden();
  const accounts = await AccountsPage.openAsAdmin(page, server);
  for (const change of ["check", "uncheck"] as const) {
    const dialog = await accounts.openEdit(fay.name);
    await dialog.getByRole("checkbox", { name: "Send ad-hoc messages" })[change]();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(button).toBeVisible({ visible: change === "check" });
  }
});

test("accounts can be filtered by name or e-mail, and administrators belong to all teams", async ({ page, server }) => {
  const accounts = await AccountsPage.openAsAdmin(page, server);
  await expect(accounts.row("Alex Admin").getByRole("cell").nth(3)).toHaveText("All teams");
  await expect(accounts.row("Bo").getByRole("cell").nth(3)).toHaveText("Collections, Support");
  await page.getByLabel("Find by name or e-mail").fill("SUPER");
  await expect(page.getByText(/^1 of \d+ accounts$/)).toBeVisible();
  await expect(accounts.row("Sam Supervisor")).toBeVisible();
  await expect(accounts.row("Bo")).toBeHidden();
  await page.getByLabel("Find by name or e-mail").fill("nobody at all");
  await expect(page.getByText("No account has this name or e-mail")).toBeVisible();
});
