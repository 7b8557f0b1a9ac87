"""Everything foreign: files, the command line, other libraries. It reads mlekit; mlekit never reads it."""
