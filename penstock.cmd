@echo off
rem The front door on Windows: see tools\front-door.ps1.
powershell -NoProfile -ExecutionPolicy Bypass -File "%~dp0tools\front-door.ps1" %*
exit /b %errorlevel%
