// Sends the answer on its way. Called through the prototype: a field named "submit" would hide the method.
HTMLFormElement.prototype.submit.call(document.querySelector("form[data-auto-post]"));
