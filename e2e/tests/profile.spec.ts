// One's own account: the name that colleagues see, and the password.

import { signInAs } from "../fixtures/newcomer.ts";
import { expect, test } from "../fixtures/test.ts";

const AGENTS = { permissions: ["reply", "close"], teams: ["Support" as const] };

test("another name shows in the header at once, in every tab", async ({ page, context, desk }) => {
  const fay = await desk.newcomer(AGENTS);
  const name = desk.unique("Fay Renamed");
  await desk.signIn(context, fay);
  await page.goto("/");
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

test("the password is changed with the current one only, and other browsers are signed out", async ({
  page,
  context,
  desk,
  otherPage,
  problems,
}) => {
  problems.expect(401, "/api/v1/");
  problems.expect(422, "/me/password");
  const fay = await desk.newcomer(AGENTS);
  const password = "another row of words";
  await desk.signIn(context, fay);
  await desk.signIn(otherPage.context(), fay);
  await otherPage.goto(`${desk.url}/`);
  await expect(otherPage.getByRole("banner").getByRole("status")).toHaveText("live");
  await page.goto("/profile");
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

  await expect(otherPage.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await signInAs(otherPage, fay);
  await expect(otherPage.getByRole("alert")).toContainText("Wrong e-mail or password.");
  await signInAs(otherPage, { email: fay.email, password });
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Support"]);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Your profile" })).toBeVisible();
});

test("one sees where one is signed in, and signs out there", async ({ page, context, desk, otherPage, problems }) => {
  problems.expect(401, "/api/v1/");
  const fay = await desk.newcomer(AGENTS);
  await desk.signIn(otherPage.context(), fay);
  await otherPage.goto(`${desk.url}/`);
  await expect(otherPage.getByRole("banner").getByRole("status")).toHaveText("live");
  await desk.signIn(context, fay);
  await page.goto("/profile");
  const sessions = page.getByRole("region", { name: "Where you are signed in" });
  const rows = sessions.getByRole("listitem");
  await expect(rows.filter({ hasText: "This browser" })).toHaveCount(1);
  const others = rows.filter({ has: page.getByRole("button", { name: /^Sign out/ }) });
  const before = await others.count();
  await others.first().getByRole("button", { name: /^Sign out/ }).click();
  await expect(others).toHaveCount(before - 1);
  await expect(otherPage.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await desk.signIn(otherPage.context(), fay);
  await page.reload();
  await sessions.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(page.getByRole("region", { name: "Notices" })).toContainText("You are signed out everywhere else.");
  await expect(rows).toHaveCount(1);
});
