// The panel of what goes wrong: a form that orders a fault from the simulator, and the list of what is ordered, as the
// simulator has it. Each order can be cleared until it is used up.

import { FAULTS, words } from './catalogue.js';

const at = (id) => document.getElementById(id);

/** Brings the panel to life. `phone()` is the number in hand; `send` takes an order, `clear` an id, or nothing for all. */
export function panel(phone, send, clear) {
  const known = FAULTS.flatMap(([, faults]) => faults);
  const fault = at('fault');
  for (const [where, faults] of FAULTS) {
    const group = document.createElement('optgroup');
    group.label = where;
    group.append(...faults.map((each) => new Option(each.name, String(known.indexOf(each)))));
    fault.append(group);
  }
  const chosen = () => known[Number(fault.value)];
  const adapt = () => {
    const { more } = chosen();
    at('more-block').hidden = !more;
    at('times-block').hidden = at('often').value !== 'times';
    if (!more) return;
    at('more-label').textContent = more.label;
    Object.assign(at('more'), { min: more.least, max: more.most, value: more.value });
  };
  fault.addEventListener('change', adapt);
  at('often').addEventListener('change', () => {
    at('times-block').hidden = at('often').value !== 'times';
  });
  at('order').addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = [...event.target.elements].filter((field) => field.offsetParent);
    for (const field of fields) field.setAttribute('aria-invalid', String(!field.validity.valid));
    const wrong = fields.find((field) => !field.validity.valid);
    at('order-error').textContent = wrong ? `A whole number from ${wrong.min} to ${wrong.max}, please.` : '';
    if (wrong) return wrong.focus();
    const { order, more } = chosen();
    send({
      ...order,
      ...(more ? { [more.key]: at('more').valueAsNumber * more.unit } : {}),
      number: at('whom').value === 'everyone' ? '*' : phone(),
      times: { once: 1, times: at('times').valueAsNumber, always: null }[at('often').value],
    });
  });
  at('clear-all').addEventListener('click', () => clear());
  adapt();

  return {
    /** Shows what the simulator has ordered; what is still there stays the same element, and keeps the focus. */
    show(orders) {
      const list = at('ordered');
      const focused = document.activeElement;
      const before = new Map([...list.children].map((item) => [item.dataset.id, item]));
      const items = orders.map((order) => before.get(String(order.id)) ?? line(order.id, clear));
      items.forEach((item, place) => {
        item.firstChild.textContent = words(orders[place], phone());
        item.lastChild.setAttribute('aria-label', `Clear: ${item.firstChild.textContent}`);
      });
      list.replaceChildren(...items);
      at('clear-all').hidden = orders.length < 2;
      at('ordered-none').hidden = orders.length > 0;
      // Whoever cleared the one in hand goes on with the list, not at the page's beginning.
      if (focused?.closest?.('#ordered') || focused === at('clear-all')) {
        (focused.isConnected && !focused.hidden ? focused : at('ordered-title')).focus();
      }
    },
  };
}

function line(id, clear) {
  const item = document.createElement('li');
  item.dataset.id = id;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet';
  button.textContent = 'Clear';
  button.addEventListener('click', () => clear(id));
  item.append(document.createElement('span'), button);
  return item;
}
