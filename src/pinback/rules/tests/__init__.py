"""Tests of the rules: each section of `settlement.md` told as stories, each boundary on both sides."""
