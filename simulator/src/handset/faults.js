// The panel of what goes wrong with the next text. What is chosen is ordered from the simulator at once, and
// shown as the simulator has it: when the order has been used up, the choice is back at "all is well".

const LATE = 10_000;

const TO_PHONE = [
  { name: 'Is delivered', order: null },
  { name: 'Phone off or out of reach', note: '30003', order: { fault: 'fail', error_code: 30003, status: 'undelivered' } },
  { name: 'Blocked', note: '30004', order: { fault: 'fail', error_code: 30004, status: 'undelivered' } },
  { name: 'A landline', note: '30006', order: { fault: 'fail', error_code: 30006, status: 'failed' } },
  { name: 'Receipt comes late', note: '10 s', order: { fault: 'receipts', mode: 'late', ms: LATE } },
  { name: 'Every receipt comes twice', order: { fault: 'receipts', mode: 'twice' } },
  { name: 'Receipts come in reverse', order: { fault: 'receipts', mode: 'reversed' } },
  { name: 'No receipt ever comes', order: { fault: 'receipts', mode: 'never' } },
];

const FROM_PHONE = [
  { name: 'Reaches the desk', order: null },
  { name: 'Its webhook is lost', note: 'gap repair', order: { fault: 'webhook_never' } },
  { name: 'Its webhook comes twice', order: { fault: 'webhook_twice' } },
];

/** Fills the two fieldsets and calls `order` with the list of faults whenever another is chosen. */
export function panel(toPhone, fromPhone, order) {
  const groups = [fill(toPhone, TO_PHONE, 'to-phone'), fill(fromPhone, FROM_PHONE, 'from-phone')];
  const chosen = () => groups.map((group) => group.find(({ input }) => input.checked)?.order).filter(Boolean);
  for (const { input } of groups.flat()) input.addEventListener('change', () => order(chosen()));
  return {
    /** Shows what the simulator has ordered for this phone. */
    show(orders) {
      for (const group of groups) {
        const current = group.find((choice) => choice.order && orders.some((known) => matches(choice.order, known)));
        (current ?? group[0]).input.checked = true;
      }
    },
  };
}

function fill(fieldset, choices, name) {
  return choices.map(({ name: text, note, order }, place) => {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = name;
    input.checked = place === 0;
    const words = document.createElement('span');
    words.textContent = text;
    label.append(input, words);
    if (note) {
      const small = document.createElement('small');
      small.textContent = note;
      label.append(small);
    }
    fieldset.append(label);
    return { input, order };
  });
}

function matches(order, known) {
  return Object.entries(order).every(([key, value]) => known[key] === value);
}
