"""What can be asked of dispatch over HTTP."""
