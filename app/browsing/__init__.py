"""Pages of `app.browse`: an investigator looks at runs in a web browser, and searches them."""
