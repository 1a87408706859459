@echo off
rem The front door on Windows: checks the prerequisite, builds what is stale, runs the program.
setlocal
cd /d "%~dp0"
where dotnet >nul 2>nul || (echo penstock needs the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0 1>&2 & exit /b 1)
if "%1"=="test" (
  dotnet test --solution Penstock.slnx -c Release
  exit /b %errorlevel%
)
dotnet build src\Penstock.Cli -c Release -v q -nologo 1>&2 || exit /b 1
artifacts\bin\Penstock.Cli\release\penstock.exe %*
