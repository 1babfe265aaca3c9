"""What the pages must withstand: forged posts, stolen sessions, frames, scripts, uploads, curious people."""
