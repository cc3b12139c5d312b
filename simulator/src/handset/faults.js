// The fault panel: a form that adds a fault, and the list of active faults that the simulator returns. Each can be
// cleared until it is used up.

import { FAULTS, words } from './catalogue.js';

const at = (id) => document.getElementById(id);

/** Sets up the panel. `phone()` returns the current number; `send` takes a fault, `clear` an id, or nothing for all. */
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
    at('order-error').textContent = wrong ? `Enter a whole number from ${wrong.min} to ${wrong.max}.` : '';
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
    /** Shows the active faults. A fault that stays keeps its element, and with it the focus. */
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
      // When the focused fault is cleared, the focus moves to the list's title, not to the start of the page.
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
