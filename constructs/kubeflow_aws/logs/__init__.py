"""Where logs go: groups of CloudWatch and buckets, encrypted and for as long as the file says."""
