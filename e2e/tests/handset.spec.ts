// The handset's panel of what goes wrong: every fault can be ordered for a phone or for all, seen, and cleared.

import { type Page, expect } from "@playwright/test";

import type { Desk } from "../fixtures/desk.ts";
import { Handset } from "../fixtures/handset.ts";
import { test } from "../fixtures/test.ts";

const faultsOf = async (desk: Desk): Promise<Record<string, unknown>[]> => {
  const { faults } = (await (await fetch(`${desk.simulator}/simulator/faults`)).json()) as {
    faults: Record<string, unknown>[];
  };
  return faults.map(({ id: _, ...fault }) => fault);
};

const orderButton = (page: Page) => page.getByRole("button", { name: "Order the fault" });

test("every fault on the handset can be ordered, and reads in the list as it does in the form", async ({
  context,
  untouchedDesk: desk,
}) => {
  const handset = await Handset.open(context, desk);
  const { page } = handset;
  const names = await page.getByLabel("Fault", { exact: true }).locator("option").allTextContents();
  expect(names.length).toBeGreaterThan(25);
  await page.getByLabel("For", { exact: true }).selectOption("Every phone");
  await page.getByLabel("How often").selectOption("Until cleared");
  for (const [place, name] of names.entries()) {
    await page.getByLabel("Fault", { exact: true }).selectOption(name);
    await orderButton(page).click();
    await expect(handset.ordered).toHaveCount(place + 1);
    await expect(handset.ordered.last()).toContainText(name.replace(/, for another reason$/, ""));
    await expect(handset.ordered.last()).toContainText("every phone · until cleared");
  }
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page.getByText("Nothing: all goes well.")).toBeVisible();
  expect(await faultsOf(desk)).toEqual([]);
});

test("a fault has its phone, its number of times and its seconds, and is cleared alone", async ({
  context,
  untouchedDesk: desk,
}) => {
  const handset = await Handset.open(context, desk);
  const { page } = handset;
  await handset.use("+447700900650", "Support");
  await page.getByLabel("Fault", { exact: true }).selectOption("Too many requests (429)");
  await page.getByLabel("Seconds").fill("0");
  await page.getByLabel("How often").selectOption("Several times");
  await page.getByLabel("Times").fill("4");
  await orderButton(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "A whole number from 1 to 600, please." })).toBeVisible();
  await expect(page.getByLabel("Seconds")).toBeFocused();
  await page.getByLabel("Seconds").fill("7");
  await page.keyboard.press("Enter");
  await expect(handset.ordered).toContainText(["Too many requests (429), 7 s · this phone · 4 times"]);
  const [fault] = await faultsOf(desk);
  expect(fault).toEqual({ fault: "http_429", retry_after: 7, number: "+447700900650", times: 4, on: "send" });

  await page.getByLabel("How often").selectOption("Once");
  await handset.order("The webhook is lost");
  await page.getByRole("button", { name: /^Clear: Too many requests/ }).click();
  await expect(handset.ordered).toContainText(["The webhook is lost · this phone · once"]);
  await page.getByLabel("Your text").fill("Hello?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(handset.bubble("Hello?")).toContainText("Webhook lost: the desk must find it");
  await expect(page.getByText("Nothing: all goes well.")).toBeVisible();
});
