// Teams: an administrator makes one with a number and somebody in it, and it works at once.

import { AccountsPage } from "../fixtures/accounts.ts";
import { Handset } from "../fixtures/handset.ts";
import { signInAs } from "../fixtures/newcomer.ts";
import { expect, test } from "../fixtures/test.ts";

test("a new team with a new number and a new account gets a text and answers it", async ({
  page,
  context,
  desk,
  otherPage,
  problems,
}) => {
  problems.expect(409, "/numbers");
  const team = desk.unique("Renewals");
  const gil = { name: desk.unique("Gil"), email: "gil@example.com", password: "four words in a row" };
  const customer = desk.customer("Support");
  await desk.signIn(context, "admin");
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText(["Claims", "Collections", "Support"]);

  await test.step("the team", async () => {
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByRole("button", { name: "New team" }).click();
    const dialog = page.getByRole("dialog", { name: "New team" });
    await expect(dialog.getByLabel("Region")).toHaveValue("GB");
    await expect(dialog.getByLabel("Time zone")).toHaveValue("Europe/London");
    await dialog.getByLabel("Name").fill(team);
    await dialog.getByRole("button", { name: "Create team" }).click();
    await expect(page.getByRole("heading", { level: 1, name: team })).toBeVisible();
  });

  await test.step("its number", async () => {
    await expect(page.getByText("No numbers yet. Add one so that the team can send and receive messages.")).toBeVisible();
    await page.getByLabel("Add a number").fill("07700 900005");
    await page.getByRole("button", { name: "Add number" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "+44 7700 900005" })).toBeVisible();
    await expect(page.getByLabel("Add a number")).toHaveValue("");
  });

  await test.step("its account, which signs in in another browser", async () => {
    const accounts = new AccountsPage(page);
    await accounts.open();
    const dialog = await accounts.begin();
    await dialog.getByLabel("E-mail").fill(gil.email);
    await dialog.getByLabel("Name", { exact: true }).fill(gil.name);
    await dialog.getByLabel("Password", { exact: true }).fill(gil.password);
    await dialog.getByRole("checkbox", { name: team }).check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(accounts.row(gil.name).getByRole("cell").nth(3)).toHaveText(team);
    await otherPage.goto(`${desk.url}/sign-in`);
    await signInAs(otherPage, gil);
    await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText([team]);
    await expect(otherPage.getByText("No conversations in progress")).toBeVisible();
  });

  const handset = await Handset.open(context, desk);
  await test.step("a text to the number arrives there, and is answered", async () => {
    await handset.use(customer.number, team);
    await handset.text("Is my policy renewed?");
    await otherPage.getByRole("link", { name: `Open conversation with ${customer.shown}` }).click();
    await expect(otherPage.getByRole("region", { name: "Messages" })).toContainText("Is my policy renewed?");
    await otherPage.getByRole("textbox", { name: "Message" }).fill("Yes, since Monday.");
    await otherPage.getByRole("button", { name: "Send" }).click();
    await expect(handset.bubble("Yes, since Monday.")).toContainText("Delivered");
    expect(await customer.received()).toMatchObject([{ from: "+447700900005" }]);
  });

  await test.step("a number with conversations in progress can't be taken away", async () => {
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByRole("link", { name: `Open ${team}` }).click();
    await page.getByRole("button", { name: "Remove +44 7700 900005" }).click();
    const question = page.getByRole("dialog", { name: "Remove +44 7700 900005?" });
    await question.getByRole("button", { name: "Remove number" }).click();
    await expect(question.getByRole("alert")).toContainText("Close them first");
    await question.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("listitem").filter({ hasText: "+44 7700 900005" })).toBeVisible();
  });
});

test("who is taken into a team sees it at once, and who is let go loses it at once", async ({
  page,
  context,
  desk,
  otherPage,
}) => {
  const fay = await desk.newcomer({ permissions: ["reply", "close"], teams: ["Support"] });
  await desk.signIn(context, "admin");
  await desk.signIn(otherPage.context(), fay);
  await otherPage.goto(`${desk.url}/`);
  const sections = otherPage.getByRole("heading", { level: 2 });
  await expect(sections).toHaveText(["Support"]);
  await page.goto("/teams");
  await page.getByRole("link", { name: "Open Claims" }).click();
  await page.getByLabel("Add a member").selectOption(`${fay.name} · ${fay.email}`);
  await page.getByRole("button", { name: "Add member" }).click();
  const member = page.getByRole("row").filter({ hasText: fay.email });
  await expect(member).toBeVisible();
  await expect(sections).toHaveText(["Claims", "Support"]);

  await member.getByRole("button", { name: `Remove ${fay.name}` }).click();
  const question = page.getByRole("dialog", { name: `Remove ${fay.name} from the team?` });
  await question.getByRole("button", { name: "Remove member" }).click();
  await expect(member).toBeHidden();
  await expect(sections).toHaveText(["Support"]);
});

test("a team is renamed for everybody who is in it, and a team that does not exist is not found", async ({
  page,
  context,
  untouchedDesk: desk,
  otherPage,
  problems,
}) => {
  problems.expect(404, "/api/v1/teams/");
  await desk.signIn(context, "admin");
  await desk.signIn(otherPage.context(), "ann");
  await otherPage.goto(`${desk.url}/`);
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Collections"]);
  await page.goto(`${desk.url}/teams`);
  await page.getByRole("link", { name: "Open Collections" }).click();
  await page.getByLabel("Name").fill("Arrears");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Arrears");
  await expect(otherPage.getByRole("heading", { level: 2 })).toHaveText(["Arrears"]);
  await page.goto(`${desk.url}/teams/999`);
  await expect(page.getByRole("heading", { name: "Team not found" })).toBeVisible();
  await otherPage.close();
});
