// The profile: name, password and sessions of the account.

import { expectLive } from "../fixtures/network.ts";
import { SignInPage } from "../fixtures/sign-in.ts";
import { expect, test } from "../fixtures/test.ts";

const AGENT_ACCESS = { permissions: ["reply", "close"], teams: ["Support" as const] };

test("a changed name appears in the header of every tab at once", async ({ page, context, server }) => {
  const fay = await server.createAccount(AGENT_ACCESS);
  const name = server.uniqueName("Fay Renamed");
  await server.openAs(page, fay, "/");
  const other = await context.newPage();
  await other.goto("/");
  await page.getByRole("button", { name: `Account: ${fay.name}` }).click();
  await page.getByRole("link", { name: "Your profile" }).click();
  await expect(page.getByRole("definition")).toHaveText([fay.email, "Agent"]);
  await expect(page.getByLabel("Name")).toHaveValue(fay.name);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("Your name is saved.");
  for (const tab of [page, other]) await expect(tab.getByRole("button", { name: `Account: ${name}` })).toBeVisible();
});

test("changing the password requires the current one and signs other browsers out", async ({
  page,
  server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  browserErrors.expect(422, "/me/password");
  const fay = await server.createAccount(AGENT_ACCESS);
  const password = "another row of words";
  await server.openAs(otherPage, fay, "/");
  await expectLive(otherPage);
  await server.openAs(page, fay, "/profile");
  const current = page.getByLabel("Current password", { exact: true });
  const next = page.getByLabel("New password", { exact: true });
  const change = page.getByRole("button", { name: "Change password" });

  await current.fill("not the password");
  await next.fill(password);
  await change.click();
  await expect(page.getByRole("alert").filter({ hasText: "This is not your current password." })).toBeVisible();
  await expect(next).toHaveValue(password);
  await current.fill(fay.password);
  await next.fill("short");
  await change.click();
  await expect(page.getByRole("alert").filter({ hasText: "Use at least 8 characters" })).toBeVisible();
  await next.fill(password);
  await change.click();
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("Your password is changed.");
  await expect(current).toHaveValue("");

  const signInPage = new SignInPage(otherPage);
  await expect(signInPage.heading).toBeVisible();
  await signInPage.signIn(fay);
  await expect(signInPage.alert).toContainText("Wrong e-mail or password.");
  await signInPage.signIn({ email: fay.email, password });
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Your profile" })).toBeVisible();
});

test("the profile lists the account's sessions and can end them", async ({
  page,
  server,
  otherPage,
  browserErrors,
}) => {
  browserErrors.expect(401, "/api/v1/");
  const fay = await server.createAccount(AGENT_ACCESS);
  await server.openAs(otherPage, fay, "/");
  await expectLive(otherPage);
  await server.openAs(page, fay, "/profile");
  const sessions = page.getByRole("region", { name: "Where you are signed in" });
  const rows = sessions.getByRole("listitem");
  await expect(rows.filter({ hasText: "This browser" })).toHaveCount(1);
  const others = rows.filter({ has: page.getByRole("button", { name: /^Sign out/ }) });
  const before = await others.count();
  await others
    .first()
    .getByRole("button", { name: /^Sign out/ })
    .click();
  await expect(others).toHaveCount(before - 1);
  await expect(new SignInPage(otherPage).heading).toBeVisible();

  await server.signIn(otherPage, fay);
  await page.reload();
  await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("You are signed out everywhere else.");
  await expect(rows).toHaveCount(1);
});
