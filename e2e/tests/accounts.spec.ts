// Accounts: made, changed and shut out by an administrator, who always leaves one.

import { AccountsPage } from "../fixtures/accounts.ts";
import { signInAs } from "../fixtures/newcomer.ts";
import { expect, test } from "../fixtures/test.ts";

/** What a shut-out or a new password may take to reach an open page, on a machine that is busy with other tests. */
const AT_ONCE = 2_000;
const AGENTS = { permissions: ["reply", "close"], teams: ["Support" as const] };

test("who is disabled stands before the sign-in page at once, and gets in again once enabled", async ({
  page,
  context,
  desk,
  otherPage,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  const fay = await desk.newcomer(AGENTS);
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await desk.signIn(otherPage.context(), fay);
  await page.goto("/");
  await otherPage.goto(`${desk.url}/`);
  await expect(otherPage.getByRole("banner").getByRole("status")).toHaveText("live");
  await accounts.open();
  await expect(await accounts.disable(fay.name)).toBeHidden();
  await expect(otherPage.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: AT_ONCE });
  await expect(accounts.row(fay.name)).toContainText(/Disabled since \d+ \w+ \d\d:\d\d/);
  await signInAs(otherPage, fay);
  await expect(otherPage.getByRole("alert")).toContainText("Wrong e-mail or password.");

  await accounts
    .row(fay.name)
    .getByRole("button", { name: `Enable ${fay.name}` })
    .click();
  await page.getByRole("button", { name: "Enable account" }).click();
  await expect(accounts.row(fay.name)).toContainText("Active");
  await signInAs(otherPage, fay);
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
});

test("the last administrator can neither be disabled nor become something else", async ({
  page,
  context,
  untouchedDesk: desk,
  problems,
}) => {
  problems.expect(409, "/api/v1/accounts/");
  const refusal = "This is the last administrator. Make another account an administrator first.";
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await page.goto(`${desk.url}/`);
  await accounts.open();
  const question = await accounts.disable("Alex Admin");
  await expect(question.getByRole("alert")).toContainText(refusal);
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(accounts.row("Alex Admin")).toContainText("Active");

  const dialog = await accounts.edit("Alex Admin");
  await dialog.getByRole("radio", { name: "Supervisor" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: refusal })).toBeVisible();
  await expect(dialog.getByRole("radio", { name: "Supervisor" })).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(accounts.row("Alex Admin")).toContainText("Administrator");
});

test("an administrator gives somebody a new password, which ends the sessions with the old one", async ({
  page,
  context,
  desk,
  otherPage,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  const fay = await desk.newcomer(AGENTS);
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await desk.signIn(otherPage.context(), fay);
  await page.goto("/");
  await otherPage.goto(`${desk.url}/`);
  await expect(otherPage.getByRole("banner").getByRole("status")).toHaveText("live");
  await accounts.open();
  await accounts.setPassword(fay.name, "another row of words");
  await expect(page.getByRole("region", { name: "Notices" })).toContainText(`${fay.name} has a new password.`);
  await expect(otherPage.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: AT_ONCE });
  await signInAs(otherPage, fay);
  await expect(otherPage.getByRole("alert")).toContainText("Wrong e-mail or password.");
  await signInAs(otherPage, { email: fay.email, password: "another row of words" });
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
});

test("a role brings its permissions with it, of which single ones can be taken away", async ({
  page,
  context,
  desk,
}) => {
  const name = desk.unique("Hal");
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await page.goto("/");
  await accounts.open();
  const dialog = await accounts.begin();
  const permissions = dialog.getByRole("group", { name: "Permissions" });
  const ticked = permissions.getByRole("checkbox", { checked: true });
  await expect(dialog.getByRole("radio", { name: "Agent" })).toBeChecked();
  await expect(ticked).toHaveCount(2);
  await dialog.getByRole("radio", { name: "Administrator" }).check();
  await expect(ticked).toHaveCount(9);
  await expect(permissions.getByRole("checkbox", { disabled: true })).toHaveCount(9);
  await dialog.getByRole("radio", { name: "Supervisor" }).check();
  await expect(ticked).toHaveCount(7);
  await permissions.getByRole("checkbox", { name: "Search" }).uncheck();
  await dialog.getByLabel("E-mail").fill("hal@example.com");
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Password", { exact: true }).fill("four words in a row");
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
  await accounts.edit(name);
  const edited = page.getByRole("dialog", { name: `Edit ${name}` });
  await expect(edited.getByRole("radio", { name: "Supervisor" })).toBeChecked();
  await expect(edited.getByRole("checkbox", { name: "Search" })).not.toBeChecked();
  await expect(edited.getByRole("checkbox", { name: "Send ad-hoc messages" })).toBeChecked();
});

test("a permission that is given or taken away shows at once, without signing in again", async ({
  page,
  context,
  desk,
  otherPage,
}) => {
  const fay = await desk.newcomer(AGENTS);
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await desk.signIn(otherPage.context(), fay);
  await page.goto("/");
  await otherPage.goto(`${desk.url}/`);
  const button = otherPage.getByRole("button", { name: "Ad-hoc: Support" });
  await expect(otherPage.getByRole("row").nth(1)).toBeVisible();
  await expect(button).toBeHidden();
  await accounts.open();
  for (const turned of ["check", "uncheck"] as const) {
    const dialog = await accounts.edit(fay.name);
    await dialog.getByRole("checkbox", { name: "Send ad-hoc messages" })[turned]();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(button).toBeVisible({ visible: turned === "check" });
  }
});

test("accounts are found by name or e-mail, and administrators act in all teams", async ({ page, context, desk }) => {
  const accounts = new AccountsPage(page);
  await desk.signIn(context, "admin");
  await page.goto("/");
  await accounts.open();
  await expect(accounts.row("Alex Admin").getByRole("cell").nth(3)).toHaveText("All teams");
  await expect(accounts.row("Bo").getByRole("cell").nth(3)).toHaveText("Collections, Support");
  await page.getByLabel("Find by name or e-mail").fill("SUPER");
  await expect(page.getByText(/^1 of \d+ accounts$/)).toBeVisible();
  await expect(accounts.row("Sam Supervisor")).toBeVisible();
  await expect(accounts.row("Bo")).toBeHidden();
  await page.getByLabel("Find by name or e-mail").fill("nobody at all");
  await expect(page.getByText("No account has this name or e-mail")).toBeVisible();
});
