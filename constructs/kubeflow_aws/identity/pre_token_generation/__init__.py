"""The code of the function that Cognito asks before it writes a token.

It runs by itself: of this project it imports nothing but its own modules.
"""
